"""Draw docs/call.svg from docs/call.txt: the path of a call through the packages, with a box for each step.

python scripts/draw_call.py            write docs/call.svg
python scripts/draw_call.py --check    fail when docs/call.svg is not up to date
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from textwrap import wrap

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH, BOX, SIDE, GAP, LINE = 900, 430, 360, 18, 17
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .package { font-weight: 600; fill: #0969da }
  .box { fill: #f6f8fa; stroke: #57606a } .side { fill: #ffffff; stroke: #57606a; stroke-dasharray: 4 3 }
  .arrow { stroke: #57606a; fill: none; marker-end: url(#tip) } .paper { fill: #ffffff }
"""
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#57606a"/></marker></defs>'
)


def steps(text: str) -> list[tuple[str, str, str]]:
    """The kind, the text and the package of each step."""
    found: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, _, rest = line.partition(": ")
            words, _, package = rest.rpartition(" | ")
            found.append((kind, words, package))
    return found


def draw(text: str) -> str:
    """The picture, as SVG."""
    parts: list[str] = []
    y, bottom, last = 10, 0, 0
    side_y = 10
    for kind, words, package in steps(text):
        if kind == "box":
            y = max(y, side_y)
            if bottom:
                parts.append(f'<path class="arrow" d="M{BOX // 2} {bottom} V{y}"/>')
            height = _box(parts, ("box", words, package), 10, y, BOX - 20)
            last, bottom, side_y = y, y + height, y
            y = bottom + GAP
        else:
            left = BOX + 80
            height = _box(parts, ("side", words, package), left, side_y, SIDE)
            middle = side_y + height // 2
            turn = min(middle, bottom - 8)
            parts.append(
                f'<path class="arrow" marker-start="url(#tip)" d="M{BOX - 10} {max(turn, last + 8)} '
                f'H{BOX + 40} V{middle} H{left}"/>'
            )
            side_y += height + GAP // 2
    height = max(bottom, side_y) + 10
    label = "The path of a call through the packages"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">\n'
        f"<style>{STYLE}</style>\n{TIP}\n"
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _box(parts: list[str], step: tuple[str, str, str], x: int, y: int, width: int) -> int:
    """Draw one box; returns its height."""
    kind, words, package = step
    lines = wrap(words, (width - 24) // 7)
    height = LINE * (len(lines) + 1) + 14
    parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>')
    parts.append(f'<text class="package" x="{x + 12}" y="{y + LINE + 2}">{escape(package)}</text>')
    for number, line in enumerate(lines, 2):
        parts.append(f'<text x="{x + 12}" y="{y + 2 + LINE * number}">{escape(line)}</text>')
    return height


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit status."""
    picture = draw((DOCS / "call.txt").read_text(encoding="utf-8"))
    target = DOCS / "call.svg"
    if "--check" not in arguments:
        target.write_text(picture, encoding="utf-8")
        return 0
    if target.read_text(encoding="utf-8") == picture:
        return 0
    print("docs/call.svg is not up to date with docs/call.txt: run `make pictures`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
