"""The options that commands have in common, and the client made of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paisr_cli._output import Output
from paisr_cli._texts import visible

if TYPE_CHECKING:
    from paisr import Paisr


def whole_number(text: object) -> int:
    """For an option, with a sentence for what is none."""
    try:
        return int(f"{text}")
    except ValueError:
        raise typer.BadParameter(f"{visible(str(text))} is not a whole number; give one such as 100.") from None


def number(text: object) -> float:
    """As `whole_number`, with a fraction."""
    try:
        return float(f"{text}")
    except ValueError:
        raise typer.BadParameter(f"{visible(str(text))} is not a number; give one such as 30.") from None


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="A table to read, or data for programs.")]
TokenFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Read the token from this file (default: $PAISR_TOKEN).")
]
BaseURL = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="Another address of the service (default: $PAISR_BASE_URL)."),
]
EnvironmentOption = Annotated[
    str | None, typer.Option("--environment", help="live or staging (default: $PAISR_ENVIRONMENT, else live).")
]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", parser=number, help="For the whole call, retries and waiting included."),
]
JournalOption = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="PLACE",
        envvar="PAISR_JOURNAL",
        help="A file, or postgresql://…, that records every create before it is sent. An address with a password "
        "belongs in the variable.",
    ),
]


SecretFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Read the secret from this file (default: $PAISR_WEBHOOK_SECRET).")
]


def connected(
    token_file: Path | None, base_url: str | None, environment: str | None, journal: str | None = None
) -> Paisr:
    """The client that the options and the environment's variables ask for."""
    from paisr import Paisr

    return Paisr(
        token_from(token_file),
        base_url=base_url,
        environment=environment,  # type: ignore[arg-type]  # the client names those that there are
        journal=journal,
    )


def token_from(token_file: Path | None) -> str | None:
    """The token in the file that was named; None for the one in the variable. One of them is there."""
    from paisr import ConfigurationError

    if token_file is not None:
        return secret_from(token_file, "token")
    if not os.environ.get("PAISR_TOKEN"):
        raise ConfigurationError(
            "There is no token: set PAISR_TOKEN to one made in the Paisr dashboard, or name a file that has it with "
            "--token-file."
        )
    return None


def secret_from(path: Path, what: str) -> str:
    """The text of a file that holds a secret and nothing else; a `ConfigurationError` that does not repeat it."""
    from paisr import ConfigurationError

    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text in UTF-8"
        raise ConfigurationError(f"The {what} cannot be read from {str(path)!r}: {reason}.") from None
    if not text:
        raise ConfigurationError(f"The file {str(path)!r} is empty; write the {what} into it, alone.")
    return text
