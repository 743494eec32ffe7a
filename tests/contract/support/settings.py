"""How many cases, and which: `CASES=` and `SEED=` in the environment. The same two numbers give the same cases."""

from __future__ import annotations

import os

FEW_CASES = 20  # for each operation and suite, in a plain test run

CASES = int(os.environ.get("CASES") or FEW_CASES)
SEED = int(os.environ.get("SEED") or 20_250_601)
