"""Contract against itself: its examples are valid, and the suites exercise every element of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import inventory
from support.contract import DOCUMENT, escaped
from support.counting import COUNTS, OFF_SCHEMA, count
from support.reach import Reach, places

SUITE = "contract: its own examples"
INVENTORY = "contract: coverage"
MIN_OFF_SCHEMA = 1_000
reach = Reach(SUITE)


def schema_examples() -> list[tuple[str, Any]]:
    """Each example beside a schema's keywords: its place, and the value."""
    return [
        (f"{place}/examples/{index}", value)
        for place, node in places(DOCUMENT)
        if isinstance(node, dict) and isinstance(node.get("examples"), list)
        for index, value in enumerate(node["examples"])
    ]


def media_examples() -> list[tuple[str, str, Any]]:
    """Each example of a body: its place, the place of its schema, and the value."""
    return [
        (f"{place}/examples/{escaped(name)}/value", node["schema"]["$ref"].removeprefix("#"), example["value"])
        for place, node in places(DOCUMENT)
        if isinstance(node, dict) and isinstance(node.get("examples"), dict)
        for name, example in node["examples"].items()
    ]


@pytest.mark.suite(SUITE)
@pytest.mark.parametrize(("place", "value"), schema_examples())
def test_an_example_is_valid(place: str, value: Any) -> None:
    assert reach.errors(place.rpartition("/examples/")[0], value) == []
    reach.note(place)
    count(SUITE, "examples of values")


@pytest.mark.suite(SUITE)
@pytest.mark.parametrize(("place", "schema", "value"), media_examples())
def test_an_example_of_a_body_is_valid(place: str, schema: str, value: Any) -> None:
    assert reach.errors(schema, value) == []
    reach.note(place)
    count(SUITE, "examples of bodies")


def test_a_keyword_that_the_inventory_does_not_know_is_an_error() -> None:
    with pytest.raises(inventory.UnknownKeywordError, match="/x: multipleOf"):
        list(inventory.of_a_schema("/x", {"type": "number", "multipleOf": 2}))


@pytest.mark.suite(INVENTORY)
def test_every_element_of_the_contract_was_exercised(request: pytest.FixtureRequest) -> None:
    """Runs last, on what the other suites recorded. After a partial run it is skipped."""
    here = Path(__file__).parent
    suites = {line.split('"')[1] for path in here.glob("test_*.py") for line in path.read_text("utf-8").splitlines()
             if line.startswith("SUITE = ")}  # fmt: skip
    config = request.config
    ran = {mark.args[0] for item in request.session.items for mark in item.iter_markers("suite")}
    chosen = config.option.keyword or config.option.markexpr or config.option.deselect
    if chosen or any("::" in name for name in config.args) or not suites <= ran or hasattr(config, "workerinput"):
        pytest.skip("only a part of the suites was run, or they ran in several processes")
    assert inventory.unreached() == []
    assert COUNTS["client: what it reads"][OFF_SCHEMA] >= MIN_OFF_SCHEMA
    count(INVENTORY, "places and outcomes", len(list(inventory.elements())))
