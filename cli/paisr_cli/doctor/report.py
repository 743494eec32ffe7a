"""What was found, as a file fit for an issue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from paisr import ConfigurationError
from paisr_cli._texts import visible
from paisr_cli.doctor.findings import Finding

HEAD = """# What `paisr doctor` found

It holds no token and nothing of any invoice: only names, types and places. Read it before you share it.

| about | place | verdict | |
| --- | --- | --- | --- |
"""


def write_report(path: Path, findings: Sequence[Finding]) -> None:
    """Write the findings as Markdown; what is bad comes first."""
    rows = sorted(findings, key=lambda one: not one.is_bad)
    lines = [f"| {one.about} | {_cell(f'`{one.place}`')} | {one.verdict} | {_cell(one.text)} |\n" for one in rows]
    try:
        path.write_text(HEAD + "".join(lines), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"The report cannot be written to {str(path)!r}: {error.strerror}.") from None


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|").replace("<", "&lt;")
