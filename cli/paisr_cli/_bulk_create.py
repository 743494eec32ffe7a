"""`paisr invoices create --from FILE`: an invoice for each row of a file, once, however often it is run."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paisr_cli._bulk_again import journal_of, next_command
from paisr_cli._bulk_files import Files, Tally
from paisr_cli._bulk_progress import Unreported, shown_progress
from paisr_cli._bulk_rows import STDIN, Record, Source
from paisr_cli._exits import Exit
from paisr_cli._options import BaseURL, EnvironmentOption, JournalOption, Timeout, TokenFile, token_from
from paisr_cli._output import say
from paisr_cli._signals import Terminated, interrupts_on_sigterm
from paisr_cli._texts import visible

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterator, Mapping

    from paisr import AsyncPaisr, RateLimit, RowResult
    from paisr_cli._bulk_progress import Progress

RATE = "250/60"
# Of a dry run, which sends nothing.
UNUSED_TOKEN = "none"


def create_from(
    ctx: typer.Context,
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

    The journal (default: FILE.journal) knows what was created: a row equal to one already in the journal gets no
    second invoice. A row that you change is a new row, and gets another invoice; with --key it is refused instead.
    Where the same is billed every month, name the month in the summary or in a column for --key.

    Examples:

    \b
      paisr invoices create --from invoices.csv --dry-run
      paisr invoices create --from invoices.csv --key number
    """
    from paisr import AsyncPaisr, ConfigurationError

    if source == STDIN and journal is None:
        raise ConfigurationError("Rows from standard input need --journal PLACE, so that the next run recognises them.")
    if journal == "":  # as a script gives it whose own variable is not set
        raise ConfigurationError("--journal is empty; give the PLACE of one, or leave the option out for the default.")
    place = journal or journal_of(source, is_needed=not dry_run)
    beside = None if dry_run or "://" in place else f"file:{place}.rate"
    rows = Source(source, key)
    files = Files(rows, results, refused, dry_run=dry_run)
    limit = _rate(rate, share_rate or beside)
    unreported = Unreported()
    with _other_rate_named(limit):
        client = AsyncPaisr(
            UNUSED_TOKEN if dry_run else token_from(token_file),
            base_url=base_url,
            environment=environment,  # type: ignore[arg-type]  # the client names those that there are
            journal=None if dry_run else place,
            rate_limit=limit,
            on_event=unreported,
        )
    try:
        with files, shown_progress(rows) as progress:
            run = _Run(client, rows, files, progress, unreported)
            _on_loop(run.carry_out({"dry_run": dry_run, "timeout": timeout}))
    finally:
        if files.tally != Tally():
            say(files.summary())
    if files.tally.refused and not dry_run:
        say(f"correct the refused rows, then run: {next_command(ctx, str(files.refused_path), place)}")
    if not files.has_rows:
        say(f"{'standard input' if source == STDIN else source} has no rows")
        raise typer.Exit(Exit.WRONG_USE)
    raise typer.Exit(_status(files.tally))


def _on_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run it on an event loop, where SIGTERM cancels it as Ctrl-C does."""

    async def cancellable() -> None:
        task = asyncio.current_task()
        if task is not None and interrupts_on_sigterm():
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await work

    try:
        asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise Terminated from None


class _Run:
    """The rows of a file on their way; each result belongs to the record that was given at its place."""

    def __init__(
        self, client: AsyncPaisr, rows: Source, files: Files, progress: Progress, unreported: Unreported
    ) -> None:
        self._client, self._rows, self._files = client, rows, files
        self._progress, self._unreported = progress, unreported
        self._given: dict[int, Record] = {}
        # By index, the line of each row.
        self._lines = array("Q")

    async def carry_out(self, options: Mapping[str, Any]) -> None:
        progress = self._progress
        try:
            async with self._client as client:
                async for result in client.invoices.create_many(
                    self._readable(), on_undecided=progress.put_off, **options
                ):
                    self._write(self._given.pop(result.index), result)
                    progress.done(result.index, self._files.tally)
        except asyncio.CancelledError:
            tally = self._files.tally
            tally.is_interrupted, tally.begun = True, self._unreported.count + progress.undecided
            raise

    def _readable(self) -> Iterator[Mapping[str, object]]:
        for record in self._rows.records():
            self._files.begin(record)
            if record.problem is None:
                self._given[len(self._lines)] = record
                self._lines.append(record.line)
                yield record.row
            else:
                self._files.refuse(record, record.in_its_columns(record.problem))
        self._progress.nothing_else()

    def _write(self, record: Record, result: RowResult) -> None:
        from paisr import InvalidArgumentError

        error = result.error
        if error is None:
            self._files.write(record, result)
            if result.created is not None:
                self._unreported.report(result.created.id)
        elif isinstance(error, InvalidArgumentError) or error.outcome == "rejected":
            reason = str(error) if result.duplicate_of is None else self._duplicate(result.duplicate_of)
            self._files.refuse(record, record.in_its_columns(reason), result.key)
        else:
            self._files.leave_open(record, result)

    def _duplicate(self, index: int) -> str:
        """Why a row is refused, with the line of the earlier row and not its index, which nobody sees in a file."""
        return (
            f"The row has the same key or content as line {self._lines[index]}; leave one of them out, or give each a "
            "key of its own."
        )


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
    except ConfigurationError as error:
        if error.kept_rate is None:
            raise
        requests, per = error.kept_rate
        raise ConfigurationError(
            f"--rate {limit.requests}/{limit.per:g} is not the rate that earlier runs kept in "
            f"{(limit.shared or '').removeprefix('file:')!r}: give --rate {requests}/{per:g}, or remove that file when "
            f"no run has been at work for {per:g} s."
        ) from None


def _status(tally: Tally) -> Exit:
    if tally.unknown:
        return Exit.UNKNOWN
    if tally.not_sent:
        return Exit.UNREACHABLE
    return Exit.REFUSED if tally.refused else Exit.DONE
