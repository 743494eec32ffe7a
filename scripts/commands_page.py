"""Writes a page with the help of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from paisr_cli._app import app

WIDTH = 88
INTRODUCTION = """# Commands

The output of `--help` for every command. [The command line](../../docs/guides/command-line.md) shows how to use them in
scripts.
"""


def commands_page() -> str:
    """The page in Markdown."""
    texts = [
        f"## {path}\n\n```text\n{text}\n```\n" for path, text in _helps(typer.main.get_command(app), "paisr", None)
    ]
    return "\n".join([INTRODUCTION, *texts])


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """The path and the help of a command and of its subcommands."""
    context = typer.Context(command, info_name=name, parent=parent, max_content_width=WIDTH, terminal_width=WIDTH)
    yield context.command_path, command.get_help(context)
    for below, subcommand in getattr(command, "commands", {}).items():
        yield from _helps(subcommand, below, context)
