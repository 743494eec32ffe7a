"""What a command prints: a table for people, JSON, JSON lines or CSV for programs. Messages go to standard error."""

from __future__ import annotations

import csv
import errno
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
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


class UnwrittenError(Exception):
    """Standard output could not be written. `is_broken_pipe`: its reader has seen enough, or has ended."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output could not be written: {error.strerror}")
        self.is_broken_pipe = error.errno == errno.EPIPE


def write(text: str) -> None:
    """Write to standard output at once; raises `UnwrittenError`."""
    try:
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - when the process began without it
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _discard_output()
        raise UnwrittenError(error) from None


def _discard_output() -> None:
    """What is left in the buffer goes nowhere, so that the interpreter does not fail on it at its end."""
    with suppress(AttributeError, OSError):  # a stream without a descriptor, or none at all
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


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
        self._csv = csv.writer(_StandardOutput(), lineterminator="\n")
        if output is Output.CSV:
            self._csv.writerow(one.name for one in columns)

    def write(self, row: T) -> None:
        values = [one.value(row) for one in self._columns]
        if self._output is Output.CSV:
            self._csv.writerow(map(_cell, values))
        elif self._output is Output.TABLE:
            write("  ".join(clipped(_text(one)) for one in values) + "\n")
        else:
            write(visible_json(_json(row).decode()) + "\n")


class _StandardOutput:
    """For the writer of CSV."""

    write = staticmethod(write)


class _Page(io.StringIO):
    """Takes what rich would write to standard output; rich itself ends the process when a pipe is broken."""

    def isatty(self) -> bool:
        return sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison] - as above

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only in `io` as well
        return getattr(sys.stdout, "encoding", None) or "utf-8"


def say(text: str) -> None:
    """A sentence for the person at the terminal, or for the log of a script."""
    if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] - when the process began without it
        with suppress(OSError):  # there is no other place to say it
            print(f"paisr: {visible(text)}", file=sys.stderr)


def is_terminal() -> bool:
    """Whether a person sees standard error."""
    return sys.stderr is not None and sys.stderr.isatty()  # pyright: ignore[reportUnnecessaryComparison] - as above


def progress(text: str) -> Any:
    """A context that shows activity on standard error, when that is a terminal."""
    return console(sys.stderr).status(visible(text)) if is_terminal() else nullcontext()


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
    page = _Page()
    console(page).print(table)
    write(page.getvalue())


def _write_json(value: object) -> None:
    import msgspec

    write(visible_json(msgspec.json.format(_json(value), indent=2).decode()) + "\n")


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
    if isinstance(value, datetime):  # a narrow table breaks lines at blanks
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    text = _text(value)
    if isinstance(value, Decimal):  # an amount, with at least the decimals that its currency has
        whole, _, decimals = text.partition(".")
        return f"{whole}.{decimals:0<2}"
    return text


def _cell(value: object) -> str:
    # A negative number begins like a formula, but is not one.
    return _text(value) if isinstance(value, (Decimal, int)) else csv_cell(_text(value))


def _side(value: object) -> Any:
    return "right" if isinstance(value, (Decimal, int)) else "left"
