"""The command `paisr`: its groups of commands, and how a command ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from paisr_cli._exits import EXIT_STATUSES, Exit, exit_for
from paisr_cli._output import UnwrittenError, say, write
from paisr_cli._signals import Terminated, sigterm_interrupts


class Commands(TyperGroup):
    """Commands that end with one sentence and an exit status when an error occurs."""

    def invoke(self, ctx: Any) -> Any:
        from paisr import PaisrError  # here, because `paisr --help` needs no client

        try:
            return super().invoke(ctx)
        except PaisrError as error:
            say(str(error))
            raise typer.Exit(exit_for(error)) from None
        except Terminated:
            say("terminated")
            raise typer.Exit(Exit.TERMINATED) from None
        except KeyboardInterrupt:
            say("interrupted")
            raise typer.Exit(Exit.INTERRUPTED) from None


def _subcommands(**settings: Any) -> typer.Typer:
    # Without rich in its texts: help is there at once, and says examples as they are written.
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True, **settings)


app = _subcommands(cls=Commands, name="paisr", epilog=EXIT_STATUSES)


def _version(wanted: bool) -> None:
    if wanted:
        from paisr import __version__

        write(f"paisr {__version__}\n")
        raise typer.Exit


@app.callback()
def paisr(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Create, list and read invoices of Paisr, from a terminal or a script.

    The token comes from PAISR_TOKEN or --token-file, never from an argument. `paisr stub` runs a service to try it on.
    """
    del version


@app.command("stub", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def stub(ctx: typer.Context) -> None:
    """Run the stub of the service on this machine (needs paisr[stub])."""
    from paisr.__main__ import run_stub

    raise typer.Exit(run_stub(ctx.args))


def _add_commands() -> None:
    from paisr_cli import _doctor, _invoices, _journal, _webhooks

    for name, module, help in (
        ("invoices", _invoices, "Create, list and read invoices."),
        ("journal", _journal, "List and settle the creates of a journal."),
        ("webhooks", _webhooks, "Verify deliveries, or receive them on this machine."),
    ):
        commands = _subcommands(help=help)
        module.add_to(commands)
        app.add_typer(commands, name=name)
    app.command("doctor")(_doctor.doctor)


_add_commands()


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # Characters that the terminal's encoding does not have are written as escapes.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with sigterm_interrupts():
            app(list(arguments), prog_name="paisr")
    except UnwrittenError as error:
        if not error.is_broken_pipe:  # `| head` has seen enough
            say(str(error))
        return Exit.BROKEN
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.DONE
    return Exit.DONE
