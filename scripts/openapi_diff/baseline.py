"""Reads and writes the list of known differences: a text file with one in each line, as in reports.

A reason may follow a difference, behind two spaces and a #. Lines that begin with # are comments.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .changes import Report
from .reading import UnreadableError

REASON = "  # "
HEADER = """\
# Known differences: `make contract-diff` counts them and does not list them. RECORD=1 writes this file: it adds new
# differences and drops those that no longer exist. A reason may follow a difference, behind two spaces and a #.
"""


def compare_with(path: Path, report: Report) -> Report:
    """The report without the differences in the file, which may be missing; raises UnreadableError."""
    known = _entries(path)
    found = set(map(str, report.changes))
    changes = tuple(change for change in report.changes if str(change) not in known)
    outdated = tuple(entry for entry in known if entry not in found)
    return replace(report, changes=changes, known=len(report.changes) - len(changes), outdated=outdated)


def record(path: Path, report: Report) -> int:
    """Write the differences of a report, with the reasons that the file gives; returns how many there are."""
    known = _entries(path)
    lines = [f"{entry}{known.get(entry, '')}" for entry in dict.fromkeys(map(str, report.changes))]
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    return len(lines)


def _entries(path: Path) -> dict[str, str]:
    """The differences in a file, each with its reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path} cannot be read as a list of known differences.") from error
    entries = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("#"):
            entry, mark, reason = line.partition(REASON)
            entries[entry.rstrip()] = f"{mark}{reason}"
    return entries
