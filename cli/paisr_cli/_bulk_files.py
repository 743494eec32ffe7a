"""Writes two files about the rows of a file: the results, and the refused rows, to be corrected and run."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from paisr_cli._bulk_parts import Part, as_sentence
from paisr_cli._bulk_rows import STDIN
from paisr_cli._texts import csv_cell, visible

if TYPE_CHECKING:
    from paisr import RowResult
    from paisr_cli._bulk_rows import Record, Source

COLUMNS = ("line", "key", "id", "status", "link", "error")


@dataclass
class Tally:
    """Counts of the rows. `before`: those of `created` that an earlier run had created."""

    created: int = 0
    before: int = 0
    refused: int = 0
    unknown: int = 0
    not_sent: int = 0


class Files:
    """The two files. Each is written under another name and renamed at the end, so two runs do not mix theirs."""

    def __init__(self, source: Source, results: Path | None, refused: Path | None, *, dry_run: bool) -> None:
        self.tally = Tally()
        self._source, self._dry_run = source, dry_run
        stem = "stdin" if source.name == STDIN else source.name
        self._results = Part(results or Path(f"{stem}.results.csv"))
        self._refused = Part(refused or Path(f"{stem}.refused{_suffix(source.name)}"))

    def __enter__(self) -> Self:
        if not self._dry_run:
            self._results.remove_abandoned()
            self._refused.remove_abandoned()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._results.put()
        self._refused.put()

    def write(self, record: Record, result: RowResult) -> None:
        self.tally.created += 1
        if (made := result.created) is None:
            return  # a dry run found nothing wrong
        self.tally.before += not result.is_new
        session = made.session
        self._result(record, result.key, made.id, made.status, session.url if session else None, None)

    def refuse(self, record: Record, reason: str, key: str | None = None) -> None:
        self.tally.refused += 1
        if self._dry_run:
            print(f"{visible(self._source.name)}:{record.line}: {visible(reason)}")
            return
        self._result(record, key, None, "refused", None, reason)
        with as_sentence(self._refused.path):
            file = self._refused.file()
            if isinstance(record.raw, str):
                file.write(record.raw.rstrip("\r\n") + "\n")
                return
            writer = csv.writer(file, delimiter=self._source.delimiter, lineterminator="\n")
            if self.tally.refused == 1:
                writer.writerow(self._source.header or [])
            writer.writerow(record.raw)

    def leave_open(self, record: Record, result: RowResult) -> None:
        """A row without a known outcome, which the next run continues."""
        outcome = "unknown" if result.error is not None and result.error.outcome == "unknown" else "not_sent"
        setattr(self.tally, outcome, getattr(self.tally, outcome) + 1)
        self._result(record, result.key, None, outcome, None, str(result.error))

    def summary(self) -> str:
        tally = self.tally
        if self._dry_run:
            return f"{tally.created} rows are right, {tally.refused} are wrong; nothing was sent"
        parts = [f"{tally.created} invoices, {tally.before} of them from an earlier run"]
        parts += [f"{tally.refused} rows refused (in {self._refused.path})"] if tally.refused else []
        left = tally.unknown + tally.not_sent
        parts += [f"{left} rows not decided: run the same command again"] if left else []
        return f"{'; '.join(parts)}; results in {self._results.path}"

    def _result(self, record: Record, *values: object) -> None:
        with as_sentence(self._results.path):
            writer = csv.writer(self._results.file(COLUMNS), lineterminator="\n")
            writer.writerow([record.line, *("" if one is None else csv_cell(str(one)) for one in values)])


def _suffix(name: str) -> str:
    return Path(name).suffix or ".csv"
