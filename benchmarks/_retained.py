"""Measures the bytes retained per invoice: `python -m benchmarks._retained NAME [STOCK]` prints the number."""

from __future__ import annotations

import gc
import sys
import tracemalloc

from benchmarks import _readers, _samples

COUNT, LISTS = 1000, 5


def retained(name: str) -> float:
    """The memory of five lists of 1,000 invoices, divided by the number of invoices; without the responses' bytes."""
    read = _readers.ALL[name]()
    content = _samples.list_response(COUNT)
    kept = [read(content)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(LISTS):
        kept.append(read(content))
    gc.collect()
    return (tracemalloc.get_traced_memory()[0] - before) / (COUNT * LISTS)


if __name__ == "__main__":
    sys.path.extend(sys.argv[2:])
    print(retained(sys.argv[1]))
