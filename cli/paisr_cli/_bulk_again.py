"""What follows a run with refused rows: their file, its journal, and the command that runs it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paisr_cli._bulk_rows import STDIN

if TYPE_CHECKING:
    import typer

# How the files of rows from standard input are called.
STDIN_STEM = "stdin"
_REFUSED = re.compile(r"(?P<source>.*[^/\\])\.refused\.[^./\\]+", re.DOTALL)
# Of one run, and not of the next.
_OF_ONE_RUN = {"source", "dry_run", "results", "refused", "journal"}


def refused_name(source: str) -> str:
    """The file for the refused rows of a file."""
    return f"{STDIN_STEM if source == STDIN else source}.refused{Path(source).suffix or '.csv'}"


def journal_of(source: str, *, is_needed: bool) -> str:
    """The default journal of a file; a file of refused rows has that of the file where they were refused."""
    from paisr import ConfigurationError

    origin = source
    while (found := _REFUSED.fullmatch(origin)) and refused_name(found["source"]) == origin:
        origin = found["source"]
    place = f"{origin}.journal"
    if origin != source and is_needed and not Path(place).exists():
        raise ConfigurationError(
            f"{source!r} has the rows that a run of {origin!r} refused, and its journal {place!r} does not exist; give "
            "the --journal of that run, which knows what was created."
        )
    return place


def next_command(ctx: typer.Context, refused: str, place: str) -> str:
    """The command for the refused rows: with the options of this run, and with its journal."""
    words = ["paisr", "invoices", "create", "--from", shlex.quote(refused)]
    for option in ctx.command.params:
        if option.name in _OF_ONE_RUN or not _is_given(ctx, option.name):
            continue
        words += [option.opts[0], _quoted(option, str(ctx.params[option.name or ""]))]
    (journal,) = (one for one in ctx.command.params if one.name == "journal")
    if _is_given(ctx, "journal") or (ctx.params["journal"] is None and journal_of(refused, is_needed=False) != place):
        words += ["--journal", _quoted(journal, place)]
    return " ".join(words)


def _is_given(ctx: typer.Context, name: str | None) -> bool:
    source = ctx.get_parameter_source(name or "")
    return source is not None and source.name == "COMMANDLINE"


def _quoted(option: Any, value: str) -> str:
    """The value for a shell; an address, which may have a password, by the option's variable, which must be set."""
    return f'"${{{option.envvar}:?}}"' if option.envvar and "://" in value else shlex.quote(value)
