"""`paisr invoices reconcile`: finds the outcome of creates."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paisr_cli._columns import INVOICES, at
from paisr_cli._exits import Exit
from paisr_cli._options import (
    BaseURL,
    EnvironmentOption,
    JournalOption,
    OutputOption,
    Timeout,
    TokenFile,
    connected,
    number,
)
from paisr_cli._output import Column, Output, progress, say, write_one, write_rows

if TYPE_CHECKING:
    from paisr import Attempt, Paisr


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """The outcome of one create of a journal; `undecided` is the reason why it is not known."""

    attempt_id: str
    customer: str
    summary: str
    invoice_id: str | None
    status: str | None
    undecided: str | None


RECONCILED: list[Column[Reconciled]] = [Column(one.name, at(one.name)) for one in fields(Reconciled)]


def reconcile(
    attempt: Annotated[
        str | None, typer.Argument(metavar="FILE", help="An attempt that `create` printed; - for standard input.")
    ] = None,
    *,
    journal: JournalOption = None,
    settle_after: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            parser=number,
            help="How long a create must be over before it is recorded as absent.",
        ),
    ] = 60.0,
    output: OutputOption = Output.TABLE,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Timeout = None,
) -> None:
    """Find the outcome of one attempt, or of all open creates of a journal.

    For one attempt: status 0 and its invoice, 4 when there is none now, 5 when that is not certain. For a journal: a
    row for each create, and status 5 when one stays open.

    Examples:

    \b
      paisr invoices reconcile attempt.json
      paisr invoices reconcile --journal creates.db
    """
    from paisr import ConfigurationError

    if attempt is None and journal is None:
        raise ConfigurationError("There is nothing to reconcile; give the FILE of an attempt, or --journal.")
    with connected(token_file, base_url, environment, journal if attempt is None else None) as client:
        if attempt is not None:
            _reconcile_one(client, read_attempt(attempt), timeout, output)
        else:
            with progress("reading invoices"):
                pairs = client.invoices.reconcile_journal(settle_after=settle_after, timeout=timeout)
            rows = [_reconciled(one, found) for one, found in pairs]
            write_rows(rows, RECONCILED, output)
            if any(row.undecided for row in rows):
                raise typer.Exit(Exit.UNKNOWN)


def _reconcile_one(client: Paisr, attempt: Attempt, timeout: float | None, output: Output) -> None:
    with progress("reading invoices"):
        invoice = client.invoices.reconcile(attempt, timeout=timeout)
    if invoice is None:
        say("there is no invoice of this create now; wait a minute and look again before it is sent again")
        raise typer.Exit(Exit.NOT_FOUND)
    write_one(invoice, INVOICES, output)


def read_attempt(name: str) -> Attempt:
    """The attempt in a file or on standard input, as `create` wrote it."""
    from paisr import Attempt, ConfigurationError

    try:
        return Attempt.from_json(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"The file {name!r} cannot be read: {error.strerror}.") from None


def _reconciled(attempt: Attempt, found: object) -> Reconciled:
    sent = attempt.request
    is_error = isinstance(found, Exception)
    invoice = None if is_error else found
    return Reconciled(
        attempt_id=attempt.id,
        customer=sent.customer,
        summary=sent.summary,
        invoice_id=getattr(invoice, "id", None),
        status=getattr(invoice, "status", None) or (None if is_error else "absent"),
        undecided=str(found) if is_error else None,
    )
