"""A contract of a hundred operations: generated and checked in seconds, and cheap for a program that uses few of
them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# What was generated is also tested with the lowest versions of what it needs, and the generator is not among these.
pytest.importorskip("openapi_python_client", reason="the generator is not installed")

import generate
from large_contract import OPERATIONS, large

MAX_SECONDS = 20
LOADED = """
import sys
from paisr import Paisr
print(*sorted(name for name in sys.modules if name.startswith("paisr_generated.")))
"""
OVERLAYS = Path(generate.__file__).parents[1] / "overlays"


def processor_time() -> float:
    """CPU seconds of this process and its children, which do not depend on the load of the machine."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def modules_loaded(generated: Path) -> set[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(generated), str(OVERLAYS)])}
    done = subprocess.run([sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def seconds_and_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, Path]:
    folder = tmp_path_factory.mktemp("large")
    contract = folder / "contract.json"
    contract.write_text(json.dumps(large()), encoding="utf-8")
    started = processor_time()
    read = generate.generate(contract, folder / "paisr_generated", cache=folder / ".cache")
    assert len(read.operations) == OPERATIONS
    return processor_time() - started, folder


def test_a_large_contract_is_generated_and_checked_in_time(seconds_and_folder: tuple[float, Path]) -> None:
    assert seconds_and_folder[0] < MAX_SECONDS


def test_an_import_loads_no_more_than_with_three_operations(seconds_and_folder: tuple[float, Path]) -> None:
    """An import loads only what the recovery of creates needs; the rest is loaded on first use."""
    ours, larger = (modules_loaded(folder) for folder in (generate.OUTPUT.parent, seconds_and_folder[1]))
    assert larger == ours
    assert not {name for name in ours if name.startswith(("paisr_generated.api.", "paisr_generated.resources."))}
