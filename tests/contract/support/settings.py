"""`CASES` and `SEED`, from the environment: the same two numbers generate the same cases."""

from __future__ import annotations

import os

DEFAULT_CASES = 20  # for each operation and suite, in a plain test run

CASES = int(os.environ.get("CASES") or DEFAULT_CASES)
SEED = int(os.environ.get("SEED") or 20_250_601)
