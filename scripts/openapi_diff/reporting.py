"""A report as text for a person, or as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby

from .changes import UNUSED, Change, Report
from .verdicts import RELEASES


def as_json(report: Report) -> str:
    """`changes` is a list of objects; `release` is "none", "patch", "minor" or "major"."""
    contents = asdict(report) | {"release": report.release, "breaks": report.breaks}
    return json.dumps(contents, indent=2, ensure_ascii=False)


def as_text(report: Report) -> str:
    """Changes by operation, two lines each; what is not used; the state of the baseline; a last line with the verdict."""
    lines = [f"from  {report.before}", f"to    {report.after}"]
    widths = [max(map(len, column)) for column in zip(*map(_cells, report.used), strict=True)]
    for operation, changes in groupby(report.used, key=lambda change: change.operation):
        lines += ["", operation or "Everywhere"]
        for change in changes:
            lines += _lines(change, widths)
    if report.unused:
        lines += ["", f"{UNUSED.capitalize()}:"]
        lines += [f"  {change.operation}  {change.after}".rstrip() for change in report.unused]
    if report.outdated:
        lines += ["", "Known differences that are no longer true:", *(f"  {line}" for line in report.outdated)]
    if report.known:
        lines += ["", f"{_count(report.known, 'known difference')} not listed."]
    return "\n".join([*lines, "", _verdict(report)])


def _cells(change: Change) -> tuple[str, str, str]:
    return change.release, change.kind, change.where


def _lines(change: Change, widths: list[int]) -> Iterator[str]:
    cells = [cell.ljust(width) for cell, width in zip(_cells(change), widths, strict=True)]
    yield f"  {'  '.join(cells)}  {change.difference}"
    doubt = "a guess, by name and type; " if change.guess else ""
    yield f"{' ' * (6 + widths[0])}{doubt}{'breaks code: ' if change.breaks else ''}{change.why}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"


def _verdict(report: Report) -> str:
    if not report.used:
        return f"No {'new ' if report.known else ''}difference that a user could see."
    counts = {name: sum(change.release == name for change in report.used) for name in reversed(RELEASES)}
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    code = "A user's code breaks." if report.breaks else "No user's code breaks."
    return f"{_count(len(report.used), 'change')} ({parts}). {code} This asks for a {report.release} version."
