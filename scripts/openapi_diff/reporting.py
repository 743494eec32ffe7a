"""Writes a report as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from .changes import Change, Report
from .verdicts import MAJOR, RELEASES, UNUSED


def as_json(report: Report) -> str:
    """`changes` is a list of objects; `release` is "none", "patch", "minor" or "major"."""
    return json.dumps(asdict(report) | {"release": report.release}, indent=2, ensure_ascii=False)


def as_text(report: Report) -> str:
    """The changes by operation, two lines each; unused operations; known differences; the verdict as the last line."""
    used = [change for change in report.changes if change.kind != UNUSED]
    unused = [change for change in report.changes if change.kind == UNUSED]
    lines = [f"from  {report.before}", f"to    {report.after}"]
    widths = [max(map(len, column)) for column in zip(*map(_cells, used), strict=True)]
    for operation, changes in groupby(used, key=lambda change: change.operation):
        lines += ["", operation or "Everywhere"]
        for change in changes:
            lines += _lines(change, widths)
    if unused:
        lines += [
            "",
            f"{UNUSED.capitalize()}:",
            *(f"  {change.operation}  {change.after}".rstrip() for change in unused),
        ]
    if report.outdated:
        lines += ["", "Known differences that are no longer true:", *(f"  {line}" for line in report.outdated)]
    if report.known:
        lines += ["", f"{count(report.known, 'known difference')} not listed."]
    return "\n".join([*lines, "", _verdict(used, report)])


def _cells(change: Change) -> tuple[str, str, str]:
    return change.release, change.kind, change.where


def _lines(change: Change, widths: list[int]) -> Iterator[str]:
    cells = [cell.ljust(width) for cell, width in zip(_cells(change), widths, strict=True)]
    yield f"  {'  '.join(cells)}  {change.difference}"
    doubt = "a guess, by name and type; " if change.guess else ""
    yield f"{' ' * (6 + widths[0])}{doubt}{'breaks code: ' if change.release == MAJOR else ''}{change.why}"


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _verdict(used: Sequence[Change], report: Report) -> str:
    if not used:
        return f"No {'new ' if report.known else ''}difference that a user could see."
    releases = [change.release for change in used]
    parts = ", ".join(f"{releases.count(name)} {name}" for name in reversed(RELEASES) if name in releases)
    code = "A user's code breaks." if report.release == MAJOR else "No user's code breaks."
    return f"{count(len(used), 'change')} ({parts}). {code} This asks for a {report.release} version."
