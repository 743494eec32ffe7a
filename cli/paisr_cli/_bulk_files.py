"""Writes two files about the rows of a file: the results, and the refused rows, to be corrected and run."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from paisr_cli._bulk_again import STDIN_STEM, refused_name
from paisr_cli._bulk_order import InOrder
from paisr_cli._bulk_parts import Part, as_sentence
from paisr_cli._bulk_rows import STDIN
from paisr_cli._output import write
from paisr_cli._texts import counted, csv_cell, visible

if TYPE_CHECKING:
    from paisr import RowResult
    from paisr_cli._bulk_rows import Record, Source

COLUMNS = ("line", "key", "id", "status", "link", "error")


@dataclass
class Tally:
    """Counts of the rows. `before`: those of `created` that an earlier run had created.

    `is_interrupted`, `begun`: whether the run was, and the creates that are in the journal alone for that reason.
    """

    created: int = 0
    before: int = 0
    refused: int = 0
    unknown: int = 0
    not_sent: int = 0
    is_interrupted: bool = False
    begun: int = 0


class Files:
    """The two files, in the order of the rows.

    Each is written under another name and renamed at the end, so two runs do not mix theirs.
    """

    def __init__(self, source: Source, results: Path | None, refused: Path | None, *, dry_run: bool) -> None:
        self.tally = Tally()
        self.has_rows = False
        self._source, self._dry_run = source, dry_run
        stem = STDIN_STEM if source.name == STDIN else source.name
        self._results = Part(results or Path(f"{stem}.results.csv"))
        self._refused = Part(refused or Path(refused_name(source.name)))
        self._in_order = InOrder()
        self._has_header = False

    @property
    def refused_path(self) -> Path:
        return self._refused.path

    def __enter__(self) -> Self:
        if not self._dry_run:
            self._results.remove_abandoned()
            self._refused.remove_abandoned()
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self._in_order.end_all()
        finally:
            self._results.put()
            self._refused.put()

    def begin(self, record: Record) -> None:
        """A row was read; rows are written in this order."""
        self.has_rows = True
        self._in_order.begin(record.line)

    def write(self, record: Record, result: RowResult) -> None:
        self.tally.created += 1
        if (made := result.created) is None:  # a dry run found nothing wrong
            self._in_order.end(record.line, lambda: None)
            return
        self.tally.before += not result.is_new
        session = made.session
        self._end(record, result.key, made.id, made.status, session.url if session else None, None)

    def refuse(self, record: Record, reason: str, key: str | None = None) -> None:
        self.tally.refused += 1
        if self._dry_run:
            text = f"{visible(self._source.name)}:{record.line}: {visible(reason)}\n"
            self._in_order.end(record.line, partial(write, text))
        else:
            self._end(record, key, None, "refused", None, reason, refused=record.raw)

    def leave_open(self, record: Record, result: RowResult) -> None:
        """A row without a known outcome, which the next run continues."""
        outcome = "unknown" if result.error is not None and result.error.outcome == "unknown" else "not_sent"
        setattr(self.tally, outcome, getattr(self.tally, outcome) + 1)
        self._end(record, result.key, None, outcome, None, str(result.error))

    def summary(self) -> str:
        tally = self.tally
        if self._dry_run:
            verb = "is" if tally.created == 1 else "are"
            wrong = f"{tally.refused} {'is' if tally.refused == 1 else 'are'} wrong"
            return f"{counted(tally.created, 'row')} {verb} right, {wrong}; nothing was sent"
        parts = [counted(tally.created, "invoice")]
        parts[0] += f", {tally.before} of them from an earlier run" if tally.created != 1 else ""
        parts[0] += ", from an earlier run" if tally.created == tally.before == 1 else ""
        parts += [f"{counted(tally.refused, 'row')} refused (in {self._refused.path})"] if tally.refused else []
        left = tally.unknown + tally.not_sent
        parts += [f"{counted(left, 'row')} not decided"] if left else []
        parts += [f"{tally.begun} more in the journal"] if tally.begun else []
        parts[-1] += ": run the same command again" if left or tally.is_interrupted else ""
        has_results = tally.created + tally.refused + left > 0
        return "; ".join(parts) + (f"; results in {self._results.path}" if has_results else "")

    def _end(self, record: Record, *values: object, refused: str | list[str] | None = None) -> None:
        cells = [str(record.line), *("" if one is None else csv_cell(str(one)) for one in values)]
        self._in_order.end(record.line, partial(self._put, cells, refused))

    def _put(self, result: list[str], refused: str | list[str] | None) -> None:
        with as_sentence(self._results.path):
            csv.writer(self._results.file(COLUMNS), lineterminator="\n").writerow(result)
        if refused is not None:
            with as_sentence(self._refused.path):
                self._put_refused(refused)

    def _put_refused(self, refused: str | list[str]) -> None:
        file = self._refused.file()
        if isinstance(refused, str):
            file.write(refused.rstrip("\r\n") + "\n")
            return
        writer = csv.writer(file, delimiter=self._source.delimiter, lineterminator="\n")
        if not self._has_header:
            writer.writerow(self._source.header or [])
            self._has_header = True
        writer.writerow(refused)
