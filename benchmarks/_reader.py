"""Runs one reader in its own process: `python -m benchmarks._reader NAME TIMES STOCK`.

Other libraries in the same process would affect memory allocation and garbage collection. For each line on standard
input, the process prints the processor time of one reading in microseconds.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks import _readers, _samples
from benchmarks._measure import Sample, processor_time


@contextmanager
def reader(name: str, times: int, stock: str) -> Iterator[Sample]:
    """A function that takes samples in another process, which ends with the block."""
    command = [sys.executable, "-m", "benchmarks._reader", name, str(times), stock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, results = process.stdin, process.stdout

        def sample() -> float:
            requests.write("\n")
            return float(results.readline())

        yield sample
        requests.close()


def print_samples(name: str, times: int) -> None:
    sample = processor_time(partial(_readers.ALL[name](), _samples.list_response(1000)), times=times)
    sample()
    gc.collect()
    gc.freeze()
    for _line in sys.stdin:
        print(sample(), flush=True)


if __name__ == "__main__":
    sys.path.extend(sys.argv[3:])
    print_samples(sys.argv[1], int(sys.argv[2]))
