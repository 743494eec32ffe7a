"""Measures reading responses: processor time, and retained memory."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from functools import partial

from benchmarks import _readers
from benchmarks._measure import Measurement, in_turns
from benchmarks._reader import reader

# Readings per sample, so that each reader's sample takes about the same time.
TIMES = {"stock generated": 2, "pydantic": 3, "Stainless (openai)": 1, "stripe": 1}


def reading(*, quick: bool, stock: str) -> Measurement:
    """Reading 1,000 invoices from bytes to models, each reader in its own process."""
    with ExitStack() as stack:
        candidates = {
            name: stack.enter_context(reader(name, TIMES.get(name, 8), stock))
            for name in (_readers.QUICK if quick else _readers.ALL)
        }
        return in_turns(candidates, runs=15 if quick else 41, unit="µs of processor time")


def memory(*, quick: bool, stock: str) -> Measurement:
    """Bytes retained per invoice, each measured in a fresh process."""
    names = ("paisr", "stock generated") if quick else [name for name in _readers.ALL if name != "json.loads"]
    candidates = {name: partial(_retained, name, stock) for name in names}
    return in_turns(candidates, runs=1 if quick else 3, unit="bytes per invoice", warm=False)


def _retained(name: str, stock: str) -> float:
    command = [sys.executable, "-m", "benchmarks._retained", name, stock]
    # A fixed hash seed: the sizes of dictionaries must not depend on chance.
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
