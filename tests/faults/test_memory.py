"""A body or a header without end does not fill the memory: less than 50 MB in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from declarations import Fault
from faults_wire import FLOODS
from server import Connection, FaultServer, right_response

MAX_GROWTH = 50 * 10**6
PROBE = Path(__file__).with_name("memory_probe.py")


def growth(column: str, fault: Fault) -> tuple[int, str]:
    """Growth of the process at its peak, in bytes, and the result of the call. A successful call comes first."""

    def behave(connection: Connection) -> None:
        if not connection.server.requests:
            received = connection.request()
            if received:
                connection.send(right_response(received).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        else:
            fault.behave(connection)

    with FaultServer(behave) as server:
        command = [sys.executable, str(PROBE), column, server.url, str(fault.timeout)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    grown, ended = done.stdout.split(" ", 1)
    return int(grown), ended.strip()


@pytest.mark.parametrize("column", ["Paisr", "AsyncPaisr"])
@pytest.mark.parametrize("fault", FLOODS, ids=lambda fault: fault.name)
def test_a_flood_does_not_fill_the_memory(column: str, fault: Fault) -> None:
    grown, ended = growth(column, fault)
    assert ended == fault.expects["get"].error
    assert grown < MAX_GROWTH
