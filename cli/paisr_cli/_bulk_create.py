"""`paisr invoices create --from FILE`: an invoice for each row of a file, once, however often it is run."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paisr_cli._bulk_files import Files, Tally
from paisr_cli._bulk_progress import shown_progress
from paisr_cli._bulk_rows import STDIN, Record, Source
from paisr_cli._exits import Exit
from paisr_cli._options import BaseURL, EnvironmentOption, JournalOption, Timeout, TokenFile, token_from
from paisr_cli._output import say
from paisr_cli._texts import visible

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from paisr import AsyncPaisr, RateLimit, RowResult
    from paisr_cli._bulk_progress import Progress

RATE = "250/60"
# Of a dry run, which sends nothing.
UNUSED_TOKEN = "none"


def create_from(
    *,
    source: Annotated[str, typer.Option("--from", metavar="FILE", help="CSV or JSON lines; - is standard input.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row, say what is wrong, send nothing.")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="The column with the key of each invoice (default: the whole row is the key)."
        ),
    ] = None,
    journal: JournalOption = None,
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file for the result of each row (default: FILE.results.csv)."),
    ] = None,
    refused: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file for the refused rows (default: FILE.refused.csv).")
    ] = None,
    rate: Annotated[str, typer.Option(metavar="REQUESTS/SECONDS", help="The rate to keep.")] = RATE,
    share_rate: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            envvar="PAISR_SHARE_RATE",
            help="Share the rate by file:PATH or redis://… (default: a file beside the journal).",
        ),
    ] = None,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Timeout = None,
) -> None:
    """Create an invoice for each row of a file, once: after an interruption, run the same command again.

    CSV has the columns customer, summary, due, currency, and for each line item description, quantity and unit_price
    (then description_2, quantity_2, unit_price_2, and so on). JSON lines have the fields of the API. A due date is
    2026-12-31, or a text such as "In 3 days".

    The journal (default: FILE.journal) knows what was created: a row that is equal to an earlier one is that invoice.
    Where the same is billed every month, name the month in the summary or in a column for --key.

    Examples:

    \b
      paisr invoices create --from invoices.csv --dry-run
      paisr invoices create --from invoices.csv --key number
    """
    from paisr import AsyncPaisr, ConfigurationError

    if source == STDIN and journal is None:
        raise ConfigurationError("Rows from standard input need --journal PLACE, so that the next run recognises them.")
    place = journal or f"{source}.journal"
    beside = None if dry_run or "://" in place else f"file:{place}.rate"
    rows = Source(source, key)
    files = Files(rows, results, refused, dry_run=dry_run)
    limit = _rate(rate, share_rate or beside)
    with _other_rate_named(limit):
        client = AsyncPaisr(
            UNUSED_TOKEN if dry_run else token_from(token_file),
            base_url=base_url,
            environment=environment,  # type: ignore[arg-type]  # the client names those that there are
            journal=None if dry_run else place,
            rate_limit=limit,
        )
    try:
        with files, shown_progress(rows) as progress:
            asyncio.run(_carry_out(client, rows, files, {"dry_run": dry_run, "timeout": timeout}, progress))
    finally:
        if files.tally != Tally():
            say(files.summary())
    raise typer.Exit(_status(files.tally))


async def _carry_out(
    client: AsyncPaisr, rows: Source, files: Files, options: Mapping[str, Any], progress: Progress
) -> None:
    """Each result belongs to the record that was given at its place."""
    given: dict[int, Record] = {}
    indexes = itertools.count()

    def readable() -> Iterator[Mapping[str, object]]:
        for record in rows.records():
            if record.problem is None:
                given[next(indexes)] = record
                yield record.row
            else:
                files.refuse(record, record.problem)
        progress.nothing_else()

    async with client:
        async for result in client.invoices.create_many(readable(), on_undecided=progress.put_off, **options):
            record = given.pop(result.index)
            _write(files, record, result)
            progress.done(result.index, files.tally)


def _write(files: Files, record: Record, result: RowResult) -> None:
    from paisr import InvalidArgumentError

    if result.error is None:
        files.write(record, result)
    elif isinstance(result.error, InvalidArgumentError) or result.error.outcome == "rejected":
        files.refuse(record, record.in_its_columns(str(result.error)), result.key)
    else:
        files.leave_open(record, result)


def _rate(text: str, shared: str | None) -> RateLimit:
    from paisr import ConfigurationError, RateLimit

    requests, _, per = text.partition("/")
    try:
        return RateLimit(int(requests), per=float(per), shared=shared)
    except ValueError as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError(f"--rate {visible(text)} is not a rate; give one such as {RATE}.") from None


@contextlib.contextmanager
def _other_rate_named(limit: RateLimit) -> Generator[None]:
    """Where the file of the rate keeps another one, say so by the option that is wrong."""
    from paisr import ConfigurationError

    try:
        yield
    except ConfigurationError:
        kept, shared = None, limit.shared or ""
        if shared.startswith("file:"):
            with contextlib.suppress(ImportError, OSError):  # without file locks, and without the file
                from paisr._ratelimit.file import kept_limit

                kept = kept_limit(Path(shared.removeprefix("file:")))
        if kept in {None, (limit.requests, limit.per)}:
            raise
        requests, per = kept or (0, 0.0)
        raise ConfigurationError(
            f"--rate {limit.requests}/{limit.per:g} is not the rate that earlier runs kept in "
            f"{shared.removeprefix('file:')!r}: give --rate {requests}/{per:g}, or remove that file when no run has "
            f"been at work for {per:g} s."
        ) from None


def _status(tally: Tally) -> Exit:
    if tally.unknown:
        return Exit.UNKNOWN
    if tally.not_sent:
        return Exit.UNREACHABLE
    return Exit.REFUSED if tally.refused else Exit.DONE
