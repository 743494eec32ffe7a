"""Suites that compare contract, client and stub with each other. Each names itself; what they did is summed up."""

from __future__ import annotations

import os

import pytest
from support import inventory
from support.counting import COUNTS
from support.settings import CASES, SEED


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "suite(name): one way in which contract, client and stub are compared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What sums up the other suites comes after them."""
    items.sort(key=lambda item: item.name == "test_everything_was_put_to_the_test")


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
