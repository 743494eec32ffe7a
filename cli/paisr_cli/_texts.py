"""Makes foreign texts harmless: a terminal shows their control characters, and a spreadsheet computes no formula."""

from __future__ import annotations

import re
import unicodedata

# Characters of a text in a table; what is beyond them is in `--output json`.
MAX_CELL = 200
# Characters of a cell of CSV: what spreadsheets take.
MAX_CSV_CELL = 32_767
# Categories of Unicode that move the cursor, turn the writing direction, cannot be written, or have no glyph.
_OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# They join letters and emoji, and act on nothing but their neighbours.
_JOINERS = {"\u200c", "\u200d"}
# Where a spreadsheet begins a formula: at the beginning of a cell, and after the semicolon that parts cells in half of
# the world; in East Asian full width as well.
_FORMULA = re.compile(r"(?:^|(?<=;))(?=\s*[=+\-@＝＋－＠])")  # noqa: RUF001 - these full-width signs are looked for


def visible(text: str) -> str:
    r"""The text on one line, with each character that a terminal would obey written as Python writes it: ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(_escaped(one) if _is_obeyed(one) else one for one in text)


def counted(count: int, noun: str) -> str:
    """The number with its noun: ``1 row``, ``2 rows``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def clipped(text: str, limit: int = MAX_CELL) -> str:
    """The visible text, cut where it is too long for a table. It is cut first, so a megabyte costs nothing."""
    return visible(text) if len(text) <= limit else visible(text[:limit]) + "…"


def csv_cell(text: str) -> str:
    """The text for a cell of CSV: visible, and with an apostrophe before what a spreadsheet would compute."""
    return _FORMULA.sub("'", clipped(text, MAX_CSV_CELL))


def visible_json(json: str) -> str:
    r"""JSON that means the same, with what a terminal would obey as ``\u202e``: it stands in texts only."""
    return json if json.isprintable() else "".join(map(_json_escaped, json))


def _is_obeyed(character: str) -> bool:
    return unicodedata.category(character) in _OBEYED and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json_escaped(character: str) -> str:
    if character == "\n" or not _is_obeyed(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
