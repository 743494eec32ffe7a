"""Compare the changelog with the package's version, and with the tag of a release: `make release-check TAG=v1.2.3`.

Without a tag, the section "Unreleased" may have entries. With one, it must be empty, and the tag, the package and the
newest section of the changelog must have the same version.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?$", re.MULTILINE)
VERSION = re.compile(r"\d+\.\d+\.\d+")


def package_version(root: Path = ROOT) -> str:
    text = (root / "overlays" / "paisr" / "_base" / "version.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    return str(version)


def problems(changelog: str, version: str, tag: str = "") -> list[str]:
    """The problems, one sentence each."""
    headings = list(HEADING.finditer(changelog))
    if not headings or headings[0]["name"] != "Unreleased":
        return ["The first section of the changelog is not [Unreleased]."]
    bodies = [changelog[one.end() : end].strip() for one, end in zip(headings, _ends(headings, changelog), strict=True)]
    found = [sentence for one, body in zip(headings[1:], bodies[1:], strict=True) for sentence in _section(one, body)]
    released = [one["name"] for one in headings[1:]]
    if released != sorted(set(released), key=_order, reverse=True):
        found.append("The versions of the changelog are not in order, the newest first.")
    if released and _order(released[0]) > _order(version):
        found.append(f"The newest version in the changelog is {released[0]}, but the package has version {version}.")
    return found + (_release(tag, version, released, bodies[0]) if tag else [])


def _ends(headings: list[re.Match[str]], changelog: str) -> list[int]:
    return [*(one.start() for one in headings[1:]), len(changelog)]


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _section(heading: re.Match[str], body: str) -> list[str]:
    found = []
    if not VERSION.fullmatch(heading["name"]):
        found.append(f"[{heading['name']}] is not a version like 1.2.3.")
    try:
        date.fromisoformat(heading["date"] or "")
    except ValueError:
        found.append(f"[{heading['name']}] has no date like 2026-01-31.")
    if "\n- " not in f"\n{body}":
        found.append(f"[{heading['name']}] has no entries.")
    return found


def _release(tag: str, version: str, released: list[str], unreleased: str) -> list[str]:
    found = []
    if tag != f"v{version}":
        found.append(f"The tag is {tag}, but the package has version {version}.")
    if version not in released[:1]:
        found.append(f"The newest section of the changelog is not [{version}].")
    if unreleased:
        found.append("[Unreleased] still has entries.")
    return found


def main() -> int:
    tag = sys.argv[1] if len(sys.argv) > 1 else ""
    found = problems((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), package_version(), tag)
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
