"""`paisr invoices create --from FILE` beside `paisr invoices create`: two commands by one name."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

OPTION = "--from"


class OneOrMany(TyperCommand):
    """`create`, which makes one invoice from its options, or with `--from` many from a file."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:
        if not any(one == OPTION or one.startswith(f"{OPTION}=") for one in args):
            return super().make_context(info_name, args, *rest, **more)
        from paisr_cli._bulk_create import create_from  # here, because `paisr --help` needs nothing of it

        many = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        many.command("create")(create_from)
        # By this name, a wrong option points to the help of these options.
        return typer.main.get_command(many).make_context(f"{info_name} {OPTION} FILE", args, *rest, **more)
