"""Overlays against contract: no number and no pattern of the contract is repeated in overlays/.

The client checks the rules of the contract from generated data. A copy in overlays/ would be out of date as soon as the
contract changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.contract import DOCUMENT
from support.reach import places

OVERLAYS = Path(__file__).resolve().parents[2] / "overlays" / "paisr"
NUMBERS = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems",
    "maxItems", "minProperties", "maxProperties",
}  # fmt: skip
# Too common to be recognized as a copy of a rule.
TOO_COMMON = {-1, 0, 1}
# (file, a part of the line): why the number in it is not the contract's
REASONS = {
    ("_engine/drift.py", "MAX_REPORTED = 1000"): "the maximum of reported differences, whatever the length of a list",
    ("_inputs/numbers.py", "MAX_EXPONENT = 1000"): "orders of magnitude, which the contract does not limit",
    ("_inputs/numbers.py", "from 1 to 1000"): "an example of the end of an error text",
    ("_recovery/matching.py", "orders of magnitude"): "the same orders of magnitude",
    ("_transport/bodies.py", "is about 0.7 MB"): "the description of a measurement",
    ("_ratelimit/redis.py", "window / 1000"): "milliseconds in a second",
    ("_recovery/postgres.py", "time.monotonic()) * 1000"): "milliseconds in a second",
    ("_recovery/store.py", "PAGE = 1000"): "entries that are read in one transaction",
    ("_inputs/deliveries.py", "number / 1000"): "milliseconds in a second",
    ("webhooks.py", '"inv_123456"'): "an example of a delivery, in a docstring and in an error text",
}


def rules(document: Any = DOCUMENT) -> Iterator[tuple[str, Any]]:
    """Each rule of the contract that is a number or a pattern."""
    for _place, node in places(document):
        for key in NUMBERS & node.keys() if isinstance(node, dict) else ():
            if isinstance(node[key], int | float):  # a grade in x-provenance-rules is a text
                yield key, node[key]
        if isinstance(node, dict) and isinstance(node.get("type"), str | list) and "pattern" in node:
            yield "pattern", node["pattern"]


def expressions(document: Any = DOCUMENT) -> dict[str, re.Pattern[str]]:
    """What to search for: each number in its usual spellings, each pattern, and the fixed text that it starts with."""
    found: dict[str, re.Pattern[str]] = {}
    for key, value in rules(document):
        if key == "pattern":
            if fixed := re.match(r"\^?((?:\w|-)+)", value.replace("\\", "")):
                found[value] = re.compile(re.escape(fixed[1]))
            found[f"{value}, itself"] = re.compile(re.escape(value.removesuffix("$")))
        elif value not in TOO_COMMON:
            written = {f"{value}", f"{value:,}", f"{value:_}"}
            found[f"{value}"] = re.compile(rf"(?<![\w.,])({'|'.join(map(re.escape, sorted(written)))})(?![\w]|[.,]\d)")
    return found


def copies(text: str, document: Any = DOCUMENT) -> list[str]:
    """The lines of TEXT with a rule of the contract in them."""
    wanted = expressions(document).values()
    return [line.strip() for line in text.splitlines() if any(one.search(line) for one in wanted)]


def sources() -> dict[str, str]:
    files = sorted(OVERLAYS.rglob("*.py"))
    return {str(path.relative_to(OVERLAYS)): path.read_text(encoding="utf-8") for path in files}


def test_the_contract_has_rules_to_search_for() -> None:
    assert expressions()


def test_no_rule_of_the_contract_is_written_in_overlays() -> None:
    found = [(name, line) for name, text in sources().items() for line in copies(text)]
    assert [one for one in found if not any(one[0] == name and part in one[1] for name, part in REASONS)] == []


SAMPLE = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "items": {"type": "array", "maxItems": 50, "x-provenance-rules": {"maxItems": "documented"}},
    "id": {"type": "string", "pattern": "^inv_.*$"},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
}


@pytest.mark.parametrize(
    "line",
    ["MAX_LISTED = 1000", "if limit > 1_000:", '"give at most 1,000"', "items[:50]", 'text.startswith("inv_")',
     're.compile("^[A-Z]{3}")'],
)  # fmt: skip
def test_a_copy_of_a_rule_is_found(line: str) -> None:
    assert copies(line, SAMPLE) == [line]


@pytest.mark.parametrize("line", ["1000.5", "x1000", "0.50", "150", "500", "1,000,000", "invoice_id", "1"])
def test_another_number_or_text_is_not_found(line: str) -> None:
    assert copies(line, SAMPLE) == []
