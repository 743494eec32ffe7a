"""`paisr doctor`, the command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paisr_cli._columns import at
from paisr_cli._exits import Exit
from paisr_cli._options import BaseURL, EnvironmentOption, OutputOption, Timeout, TokenFile, connected, secret_from
from paisr_cli._output import Column, Output, progress, say, write_rows

if TYPE_CHECKING:
    from paisr_cli.doctor.findings import Finding

FINDINGS: list[Column[Finding]] = [Column(name, at(name)) for name in ("about", "place", "verdict", "text")]


def doctor(
    *,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was found as Markdown, fit for an issue.")
    ] = None,
    output: OutputOption = Output.TABLE,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Timeout = None,
) -> None:
    """Check the settings and the network, and compare the service with the contract. It only reads.

    It lists a few invoices and reads one. Its output has no token and no data of an invoice, only names, types and
    places. Status 0 when all is well, 8 when something is wrong or differs.

    Examples:

    \b
      paisr doctor
      paisr doctor --output json --report doctor.md
    """
    with progress("looking"):
        found = list(_findings(token_file, base_url, environment, timeout))
    write_rows(found, FINDINGS, output)
    if report is not None:
        from paisr_cli.doctor.report import write_report

        write_report(report, found)
    bad = sum(one.is_bad for one in found)
    if bad:
        say(f"wrong, or different from the contract: {bad} of {len(found)} findings")
        raise typer.Exit(Exit.DIFFERENT)


def _findings(
    token_file: Path | None, base_url: str | None, environment: str | None, timeout: float | None
) -> Iterator[Finding]:
    from paisr import ConfigurationError
    from paisr_cli.doctor.calls import Caller
    from paisr_cli.doctor.findings import ok, wrong
    from paisr_cli.doctor.surroundings import look_at_settings
    from paisr_cli.doctor.token import look_at_token

    yield from look_at_settings(base_url, environment, timeout)
    try:
        client = connected(token_file, base_url, environment)
    except ConfigurationError as error:
        yield wrong("settings", "client", str(error))
        return
    with client:
        token = os.environ["PAISR_TOKEN"] if token_file is None else secret_from(token_file, "token")
        yield ok("settings", "token", "PAISR_TOKEN" if token_file is None else "--token-file")
        yield from look_at_token(token, _now())
        caller = Caller(client, _now)
        yield from caller.look()
        yield from caller.survey.findings()


def _now() -> datetime:
    return datetime.now(UTC)
