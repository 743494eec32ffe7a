"""A report as text for a person, or as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby

from .changes import Change, Report
from .verdicts import RELEASES

SIDES = {"operation": "", "request": "request ", "answer": "answer "}


def as_json(report: Report) -> str:
    """`changes` is a list of objects; `release` is "none", "patch", "minor" or "major"."""
    contents = {
        "before": report.before,
        "after": report.after,
        "release": report.release,
        "breaks": report.breaks,
        "changes": [change.as_json() for change in report.changes],
    }
    return json.dumps(contents, indent=2, ensure_ascii=False)


def as_text(report: Report) -> str:
    """Changes by operation, two lines each, and a last line with the verdict."""
    lines = [f"from  {report.before}", f"to    {report.after}"]
    widths = [
        max((len(cell) for cell in column), default=0) for column in zip(*map(_cells, report.changes), strict=True)
    ]
    for operation, changes in groupby(report.changes, key=lambda change: change.operation):
        lines += ["", operation or "Everywhere"]
        for change in changes:
            lines += _lines(change, widths)
    return "\n".join([*lines, "", _verdict(report)])


def _cells(change: Change) -> tuple[str, str, str]:
    return change.release, change.kind, f"{SIDES[change.side]}{change.place}".strip()


def _lines(change: Change, widths: list[int]) -> Iterator[str]:
    cells = [cell.ljust(width) for cell, width in zip(_cells(change), widths, strict=True)]
    yield f"  {'  '.join(cells)}  {change.what}{_difference(change)}".rstrip()
    indent = " " * (6 + widths[0])
    doubt = "a guess, by name and type; " if change.guess else ""
    yield f"{indent}{doubt}{'breaks code: ' if change.breaks else ''}{change.why}"


def _difference(change: Change) -> str:
    if change.before and change.after:
        return f": {change.before} → {change.after}"
    return f": {change.before or change.after}" if change.before or change.after else ""


def _verdict(report: Report) -> str:
    if not report.changes:
        return "No difference that a user could see."
    counts = {name: sum(change.release == name for change in report.changes) for name in reversed(RELEASES)}
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    number = len(report.changes)
    code = "A user's code breaks." if report.breaks else "No user's code breaks."
    return f"{number} change{'s' if number > 1 else ''} ({parts}). {code} This asks for a {report.release} version."
