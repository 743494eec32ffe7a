"""What a command prints: a table for people, JSON, JSON lines or CSV for programs. Messages go to standard error."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from paisr_cli._texts import clipped, csv_cell, visible, visible_json

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
# Columns of a terminal; output to a pipe may be wider, and is not cut.
UNBOUNDED = 100_000


class Output(StrEnum):
    """How results are written to standard output."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Column(NamedTuple, Generic[T]):
    """A column of a table and of CSV. `only_csv`: too much for a table."""

    name: str
    value: Callable[[T], object]
    only_csv: bool = False


def write_rows(rows: Iterable[T], columns: Sequence[Column[T]], output: Output) -> None:
    """Several results; in JSON they are an array."""
    if output is Output.TABLE:
        _write_table(rows, columns)
    elif output is Output.JSON:
        _write_json(list(rows))
    else:
        writer = RowWriter(columns, output)
        for row in rows:
            writer.write(row)


def write_one(row: T, columns: Sequence[Column[T]], output: Output) -> None:
    """One result; in JSON it is an object."""
    if output is Output.JSON:
        _write_json(row)
    else:
        write_rows([row], columns, output)


class RowWriter(Generic[T]):
    """Results one by one, each as soon as it arrives: plain lines for people, JSON lines or CSV for programs."""

    def __init__(self, columns: Sequence[Column[T]], output: Output) -> None:
        self._columns = columns
        self._output = output
        self._csv = csv.writer(sys.stdout, lineterminator="\n")
        if output is Output.CSV:
            self._csv.writerow(one.name for one in columns)

    def write(self, row: T) -> None:
        values = [one.value(row) for one in self._columns]
        if self._output is Output.CSV:
            self._csv.writerow(map(_cell, values))
        elif self._output is Output.TABLE:
            print("  ".join(clipped(_text(one)) for one in values))
        else:
            print(visible_json(_json(row).decode()))
        sys.stdout.flush()


def say(text: str) -> None:
    """A sentence for the person at the terminal, or for the log of a script."""
    print(f"paisr: {visible(text)}", file=sys.stderr)


def progress(text: str) -> Any:
    """A context that shows activity on standard error, when that is a terminal."""
    return console(sys.stderr).status(visible(text)) if sys.stderr.isatty() else nullcontext()


def console(stream: Any) -> Console:
    """A console on which data has no markup, no emoji codes and no colours of its own."""
    from rich.console import Console  # here, because `paisr --help` shows no table

    width = None if stream.isatty() else UNBOUNDED
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _write_table(rows: Iterable[T], columns: Sequence[Column[T]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown = [one for one in columns if not one.only_csv]
    for one in shown:
        table.add_column(one.name, overflow="fold")
    for row in rows:
        values = [one.value(row) for one in shown]
        table.add_row(*(Text(clipped(_shown(one)), justify=_side(one), end="") for one in values))
    console(sys.stdout).print(table)


def _write_json(value: object) -> None:
    import msgspec

    print(visible_json(msgspec.json.format(_json(value), indent=2).decode()))


def _json(value: object) -> bytes:
    from paisr_generated.operations import encode  # amounts as numbers with exactly their digits

    return encode(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def _shown(value: object) -> str:
    # A narrow table breaks lines at blanks.
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ") if isinstance(value, datetime) else _text(value)


def _cell(value: object) -> str:
    # A negative number begins like a formula, but is not one.
    return _text(value) if isinstance(value, (Decimal, int)) else csv_cell(_text(value))


def _side(value: object) -> Any:
    return "right" if isinstance(value, (Decimal, int)) else "left"
