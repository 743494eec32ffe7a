"""Foreign text is shown, but no terminal executes it and no spreadsheet computes it."""

from __future__ import annotations

import json

import pytest

from paisr_cli._texts import clipped, csv_cell, visible, visible_json

ESCAPE = "\x1b[31m\x1b[2J\x1b]0;title\x07"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Pizza Margherita", "Pizza Margherita"),
        ("Rivière & Søn, 比萨 🍕", "Rivière & Søn, 比萨 🍕"),
        ("👩\u200d🍳", "👩\u200d🍳"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("bell\x07", "bell\\x07"),
        ("line\nline\r\n", "line\\nline\\r\\n"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066iso\u2069 \u200f", "\\u2066iso\\u2069 \\u200f"),
        ("para\u2029", "para\\u2029"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("half \ud83c", "half \\ud83c"),
        ("no\xa0break", "no\xa0break"),
    ],
)
def test_control_sequences_are_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert clipped(text) == shown
    assert csv_cell(text) == shown


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")  # noqa: RUF001 - the test is about full-width signs
@pytest.mark.parametrize("before", ["", " ", "\xa0"])
def test_a_cell_is_no_formula(sign: str, before: str) -> None:
    assert csv_cell(f"{before}{sign}1+1") == f"'{before}{sign}1+1"
    assert csv_cell(f"a;{before}{sign}1+1") == f"a;'{before}{sign}1+1"
    assert csv_cell(f"1{sign}1") == f"1{sign}1"


def test_a_cell_begins_with_no_blank_that_a_spreadsheet_skips() -> None:
    assert csv_cell("\t=1") == "\\t=1"
    assert csv_cell("\r=1") == "\\r=1"


def test_a_megabyte_is_truncated_before_it_is_searched() -> None:
    assert clipped("\x1b" * 1_000_000) == "\\x1b" * 200 + "…"
    assert clipped("x" * 200) == "x" * 200


@pytest.mark.parametrize("text", [ESCAPE, "\u202e\x9b\x7f", "half \ud83c", "tag\U000e0041", "🍕 plain"])
def test_escaped_json_has_the_same_value(text: str) -> None:
    written = visible_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(written) == {text: [text]}
    assert written == visible(written)


def test_escaped_json_keeps_its_lines() -> None:
    assert visible_json('{\n  "a": 1\n}') == '{\n  "a": 1\n}'
