"""The rows of a file: CSV or JSON lines, one at a time, each with its line."""

from __future__ import annotations

import csv
import inspect
import io
import json
import re
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast

from paisr_cli._fields import checked_row

STDIN = "-"
ITEM_FIELDS = ("description", "quantity", "unit_price")
ITEM = re.compile(rf"({'|'.join(ITEM_FIELDS)})(?:_([0-9]{{1,3}}))?")


class Record(NamedTuple):
    """One row. `raw`: its cells or its JSON. `columns`: the columns of the item fields, for error messages."""

    line: int
    raw: str | list[str]
    row: Mapping[str, object] = {}
    problem: str | None = None
    columns: Mapping[str, str] = {}

    @classmethod
    def checked(
        cls, line: int, raw: str | list[str], row: Mapping[str, object], columns: Mapping[str, str] | None = None
    ) -> Record:
        """The record of a row, with the problem of a price or a due date that can be misread."""
        from paisr import InvalidArgumentError

        try:
            return cls(line, raw, checked_row(row), columns=columns or {})
        except InvalidArgumentError as error:
            return cls(line, raw, row, str(error), columns or {})

    def in_its_columns(self, sentence: str) -> str:
        for path, column in self.columns.items():
            sentence = sentence.replace(path, f"column {column}: {path.rpartition('.')[2]}")
        return sentence


class Source:
    """A file of rows. `key`: the column that the user named. `header`: of CSV, when it has been read."""

    def __init__(self, name: str, key: str | None) -> None:
        self.name, self.key = name, key
        self.header: list[str] | None = None
        self.delimiter = ","
        csv.field_size_limit(sys.maxsize)  # the service decides what is too long

    def count(self) -> int | None:
        """An estimate of the number of rows; None when the file cannot be read twice."""
        if not Path(self.name).is_file():
            return None
        with Path(self.name).open("rb") as file:
            lines = filter(bytes.strip, file)
            first = next(lines, b"")
            return sum(1 for _ in lines) + first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{")

    def records(self) -> Iterator[Record]:
        from paisr import ConfigurationError

        try:
            with self._open() as file:
                blank, first = 0, next(file, "")
                while first and not first.strip():
                    blank, first = blank + 1, next(file, "")
                if not first:
                    return
                rows = chain(["\n"] * blank, [first], file)
                yield from self._json(rows) if first.lstrip().startswith("{") else self._csv(rows, first)
        except UnicodeDecodeError:
            raise ConfigurationError(f"{self.name!r} is not a text in UTF-8; save it as CSV UTF-8.") from None
        except OSError as error:
            raise ConfigurationError(f"{self.name!r} cannot be read: {error.strerror}.") from None

    @contextmanager
    def _open(self) -> Generator[Iterator[str]]:
        if self.name == STDIN:
            yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
        else:
            with Path(self.name).open(encoding="utf-8-sig", newline="") as file:
                yield file

    def _json(self, lines: Iterator[str]) -> Iterator[Record]:
        for line, text in enumerate(lines, 1):
            if not text.strip():
                continue
            try:
                found: object = json.loads(text, parse_float=Decimal)
            except ValueError as error:
                yield Record(line, text, problem=f"This is not JSON: {error}.")
                continue
            if not isinstance(found, dict):
                yield Record(line, text, problem="This is not a JSON object; give one with the fields of an invoice.")
                continue
            row = cast("dict[str, object]", found)
            if self.key is not None:
                row = self._keyed(row, row.get(self.key))
            yield Record.checked(line, text, row)

    def _csv(self, lines: Iterator[str], first: str) -> Iterator[Record]:
        from paisr import ConfigurationError

        self.delimiter = max(",;\t", key=first.count)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        try:
            names = next((cells for cells in reader if cells), list[str]())
            header = self.header = [one.strip() for one in names]
            _check_header(header, self.key)
            while True:
                line = reader.line_num + 1
                cells = next(reader, None)
                if cells is None:
                    return
                if any(map(str.strip, cells)):
                    yield self._record(line, header, cells)
        except csv.Error as error:
            raise ConfigurationError(f"Line {reader.line_num} of {self.name!r} is not CSV: {error}.") from None

    def _record(self, line: int, header: list[str], cells: list[str]) -> Record:
        if len(cells) != len(header):
            return Record(line, cells, problem=f"The row has {len(cells)} cells, and the header {len(header)}.")
        row: dict[str, Any] = {}
        items: dict[int, dict[str, str | None]] = {}
        for name, text in zip(header, (cell.strip() for cell in cells), strict=True):
            if found := ITEM.fullmatch(name):
                if text:
                    items.setdefault(int(found[2] or 1), dict.fromkeys(ITEM_FIELDS))[found[1]] = text
            else:
                row[name] = text or None
        given = dict(zip(header, cells, strict=True))
        row = self._keyed(row, given.get(self.key)) if self.key is not None else row
        columns = {
            f"items[{index}].{field}": field if number == 1 and field in header else f"{field}_{number}"
            for index, number in enumerate(sorted(items))
            for field in ITEM_FIELDS
        }
        row["items"] = [items[number] for number in sorted(items)]
        empty = [name for name in (*_required(), self.key) if name is not None and not given[name].strip()]
        empty += [
            columns[f"items[{index}].{field}"]
            for index, number in enumerate(sorted(items))
            for field, text in items[number].items()
            if text is None
        ]
        if empty:
            return Record(line, cells, row, f"column {empty[0]} is empty.")
        return Record.checked(line, cells, row, columns)

    def _keyed(self, row: Mapping[str, object], key: object) -> dict[str, Any]:
        """The row with its key from the user's column. That column is not an argument of `create` as well."""
        given = {name: value for name, value in row.items() if name != self.key or name in _arguments()}
        return {**given, "key": str(key) if isinstance(key, int) else key or ""}


@cache
def _arguments() -> list[str]:
    """What a row can have: the arguments of `create`."""
    from paisr import Invoices

    return [name for name in inspect.signature(Invoices.create).parameters if name not in {"self", "timeout"}]


@cache
def _required() -> list[str]:
    """The arguments of `create` without a default."""
    from paisr import Invoices

    parameters = inspect.signature(Invoices.create).parameters
    return [name for name in _arguments() if parameters[name].default is inspect.Parameter.empty]


def _check_header(header: list[str], key: str | None) -> None:
    from paisr import ConfigurationError

    if key is not None and key not in header:
        raise ConfigurationError(f"There is no column {key!r}, which --key names.")
    known = [one for one in _arguments() if one != "items"]
    for name in header:
        if name not in known and name != key and not ITEM.fullmatch(name):
            raise ConfigurationError(
                f"The column {name!r} is not known; known are {', '.join(known)}, description, quantity and "
                "unit_price; a column of your own can be named with --key."
            )
        if header.count(name) > 1:
            raise ConfigurationError(f"The column {name!r} is there twice; leave one of them out.")
    if missing := next((one for one in _required() if one not in header), None):
        raise ConfigurationError(f"There is no column {missing!r}, which every invoice needs.")
