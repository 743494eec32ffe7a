"""A user's own transport: more outcomes are unknown, but no create is sent twice, and every error is the package's.

Such a transport does not tell what it has sent, so that more outcomes are unknown than with the client's own.
"""

from __future__ import annotations

import pytest
from catalogue import GROUPS
from declarations import Expect, Fault, fine
from harness import FOREIGN, OVER, Observed, trial

# aiohttp warns of its own ways: of how httpx-aiohttp gives it a proxy's password, and of a body of 8 MB.
pytestmark = [pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")]
HTTPX, AIOHTTP = FOREIGN
# Time-outs of httpx are for each read and write, and between two of them nobody asks the client.
UNBOUNDED = {
    "status line drips",
    "header drips",
    "interim responses without end",
    "look-up hangs",
    "request is not taken (write time-out)",
}
# What is different, and why. A create is not sent twice in any of them.
DIFFERENT = {
    (AIOHTTP, "reset after the request"): "aiohttp repeats a read by itself",
    (AIOHTTP, "hang-up after the request (FIN)"): "aiohttp repeats a read by itself",
    (HTTPX, "proxy hangs up"): "httpx does not tell that only the proxy was spoken to",
    (HTTPX, "proxy is silent"): "httpx does not tell that only the proxy was spoken to",
    (AIOHTTP, "surplus response, while idle"): "aiohttp keeps the connection all the same, and what came on it",
    (AIOHTTP, "surplus response, in two halves"): "aiohttp notices the surplus when the next request is out",
}
# httpx does as it is asked and uses each connection once, so that nothing can go wrong with a reused one.
NOT_REUSED = {
    *("reset on a reused connection", "hang-up on a reused connection", "reused connection reset unread"),
    "surplus response, while the next is awaited",
}
# The proxy's password is given to such a transport, and nobody else knows it.
NOT_KNOWN = {"proxy echoes its password"}
CASES = [
    pytest.param(column, fault, operation, expected, id=f"{fault.name}-{operation}-{column}")
    for column in FOREIGN
    for group in ("Connecting", "On the wire")
    for fault in GROUPS[group]
    for operation, expected in fault.expects.items()
    if not (column == HTTPX and fault.name in UNBOUNDED) and fault.name not in NOT_KNOWN
]


def is_more_cautious(observed: Observed, expected: Expect) -> bool:
    """An unknown outcome where nothing was sent is no mistake, only less than could be said."""
    return expected.outcome == "not_sent" and observed.outcome == "unknown" and observed.requests == expected.requests


@pytest.mark.parametrize(("column", "fault", "operation", "expected"), CASES)
def test_fault(column: str, fault: Fault, operation: str, expected: Expect) -> None:
    observed = trial(column, fault, operation)
    assert observed.is_ours
    assert observed.shown == []
    assert observed.overrun < OVER
    if column == HTTPX and fault.name in NOT_REUSED:
        assert observed.fits(fine()[operation])
    elif (column, fault.name) in DIFFERENT:
        assert operation != "create" or observed.requests <= 1
    else:
        assert observed.fits(expected) or is_more_cautious(observed, expected), f"{observed!r} is not {expected!r}"
