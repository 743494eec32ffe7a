"""The suites that compare contract, client and stub with each other: their marker, and a summary of their counts."""

from __future__ import annotations

import os

import pytest
from support import inventory
from support.counting import COUNTS
from support.settings import CASES, SEED


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "suite(name): one way in which contract, client and stub are compared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the coverage check last: it evaluates what the other suites recorded."""
    items.sort(key=lambda item: item.name == "test_every_element_of_the_contract_was_exercised")


def pytest_report_header() -> str:
    return f"contract: SEED={SEED} CASES={CASES}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not COUNTS:
        return
    terminalreporter.section(f"contract: SEED={SEED} CASES={CASES}")
    for suite, counts in sorted(COUNTS.items()):
        done = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
        terminalreporter.write_line(f"{suite}: {done}")
    if os.environ.get("INVENTORY"):
        for line in inventory.report():
            terminalreporter.write_line(line)
