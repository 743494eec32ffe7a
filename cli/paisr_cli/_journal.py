"""`paisr journal`: lists and settles the creates of a journal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from paisr_cli._columns import at
from paisr_cli._exits import Exit
from paisr_cli._options import JournalOption, OutputOption, number
from paisr_cli._output import Column, Output, say, write_rows
from paisr_cli._texts import counted

if TYPE_CHECKING:
    from paisr import Journal, JournalEntry

OPEN = {"open", "unknown"}


@dataclass(frozen=True, kw_only=True)
class CreateRow:
    """A create of a journal, as the list shows it."""

    attempt_id: str
    started_at: datetime
    state: str
    key: str | None
    customer: str
    summary: str
    invoice_id: str | None
    in_flight: bool
    error: str | None

    @classmethod
    def of(cls, entry: JournalEntry) -> CreateRow:
        attempt = entry.attempt
        return cls(
            attempt_id=attempt.id,
            started_at=attempt.started_at,
            state=entry.state,
            key=entry.key,
            customer=attempt.request.customer,
            summary=attempt.request.summary,
            invoice_id=entry.invoice_id,
            in_flight=entry.in_flight,
            error=entry.error,
        )


_CSV_ONLY = {"in_flight", "error"}
COLUMNS: list[Column[CreateRow]] = [
    Column(one.name, at(one.name), only_csv=one.name in _CSV_ONLY) for one in fields(CreateRow)
]


def list_(
    *,
    journal: JournalOption = None,
    find: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only creates with this key or id, or with this text in the request."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Settled creates as well.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the open creates, whose outcome is unknown.

    Examples:

    \b
      paisr journal list --journal creates.db
      paisr journal list --journal creates.db --all --output csv
    """
    opened = opened_journal(journal)
    entries = opened.entries() if find is None else opened.find(find)
    shown = [CreateRow.of(one) for one in entries if everything or find is not None or one.state in OPEN]
    write_rows(shown, COLUMNS, output)
    if not shown:
        say("nothing is open" if find is None and not everything else "nothing was found")


def settle(
    attempt_id: Annotated[str, typer.Argument(metavar="ATTEMPT_ID", help="As `paisr journal list` shows it.")],
    *,
    invoice: Annotated[str | None, typer.Option(metavar="ID", help="The invoice that it created.")] = None,
    absent: Annotated[bool, typer.Option("--absent", help="It created no invoice.")] = False,
    journal: JournalOption = None,
) -> None:
    """Record the outcome of a create by hand, when `paisr invoices reconcile` could not decide.

    Examples:

    \b
      paisr journal settle 0d6c9f1b --invoice inv_123456 --journal creates.db
      paisr journal settle 0d6c9f1b --absent --journal creates.db
    """
    from paisr import ConfigurationError

    if (invoice is not None) == absent:
        raise ConfigurationError("The outcome of the create is missing; give either --invoice ID or --absent.")
    opened = opened_journal(journal)
    found = [one.attempt for one in opened.entries() if one.attempt.id.startswith(attempt_id)]
    if not found:
        say(f"there is no create with the id {attempt_id} in {opened.name}")
        raise typer.Exit(Exit.NOT_FOUND)
    if len(found) > 1:
        raise ConfigurationError(f"{len(found)} creates have an id that begins with {attempt_id!r}; give more of it.")
    opened.settle(found[0], invoice)
    say(f"{found[0].id} is settled: {invoice or 'no invoice'}")


def prune(
    *,
    older_than: Annotated[
        float,
        typer.Option(metavar="DAYS", parser=number, help="Forget creates that ended more than this many days ago."),
    ],
    journal: JournalOption = None,
) -> None:
    """Forget settled creates and their keys. A forgotten key that is used again creates another invoice.

    Examples:

    \b
      paisr journal prune --older-than 400 --journal creates.db
    """
    from paisr import ConfigurationError

    try:
        before = datetime.now(UTC) - timedelta(days=older_than)
    except (OverflowError, ValueError):
        raise ConfigurationError("--older-than is out of range; give days, such as 400.") from None
    if older_than < 0:
        raise ConfigurationError("--older-than is less than 0; give days, such as 400.")
    count = opened_journal(journal).prune(before)
    say(f"{counted(count, 'create')} {'is' if count == 1 else 'are'} forgotten")


def opened_journal(place: str | None) -> Journal:
    """The journal that an option or the environment names."""
    from paisr import ConfigurationError, Journal

    if place is None:
        raise ConfigurationError("There is no journal; give --journal PLACE, or set PAISR_JOURNAL.")
    return Journal(place)


def add_to(commands: typer.Typer) -> None:
    """Register the commands."""
    commands.command("list")(list_)
    commands.command("settle")(settle)
    commands.command("prune")(prune)
