"""A user's own transport: more outcomes are unknown, but no create is sent twice, and every error is the package's.

More outcomes are unknown than with the package's transport, because such a transport does not report what it has sent.
"""

from __future__ import annotations

import pytest
from catalogue import GROUPS
from declarations import Expect, Fault, success
from harness import FOREIGN, OVER, Observed, trial

# aiohttp warns of two things: how httpx-aiohttp passes a proxy's password, and a body of 8 MB.
pytestmark = [pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")]
HTTPX, AIOHTTP = FOREIGN
# The time-outs of httpx apply to each read and write, so that these faults outlast the deadline of the call.
UNBOUNDED = {
    "status line drips",
    "header drips",
    "interim responses without end",
    "look-up hangs",
    "request is not read (write time-out)",
}
# Faults with another result, and the reason. A create is not sent twice in any of them.
DIFFERENT_RESULTS = {
    (AIOHTTP, "reset after the request"): "aiohttp repeats a read by itself",
    (AIOHTTP, "hang-up after the request (FIN)"): "aiohttp repeats a read by itself",
    (HTTPX, "proxy hangs up"): "httpx does not report that only the proxy was contacted",
    (HTTPX, "proxy is silent"): "httpx does not report that only the proxy was contacted",
    (AIOHTTP, "surplus response, while idle"): "aiohttp keeps the connection, with the surplus response in it",
    (
        AIOHTTP,
        "surplus response, in two halves",
    ): "aiohttp notices the surplus response only after it sent the next request",
}
# The client has httpx use each connection once, so that faults of a reused connection do not occur.
NOT_REUSED = {
    *("reset on a reused connection", "hang-up on a reused connection", "reused connection reset unread"),
    "surplus response, while the next is awaited",
}
# Such a transport has the proxy's password. The client does not know it, and cannot remove it from a text.
UNKNOWN_SECRETS = {"proxy echoes its password"}
CASES = [
    pytest.param(column, fault, operation, expected, id=f"{fault.name}-{operation}-{column}")
    for column in FOREIGN
    for group in ("Connecting", "On the wire")
    for fault in GROUPS[group]
    for operation, expected in fault.expects.items()
    if not (column == HTTPX and fault.name in UNBOUNDED) and fault.name not in UNKNOWN_SECRETS
]


def is_more_cautious(observed: Observed, expected: Expect) -> bool:
    """Whether only the outcome differs, and is unknown instead of not_sent: that is less precise, but not wrong."""
    return expected.outcome == "not_sent" and observed.outcome == "unknown" and observed.requests == expected.requests


@pytest.mark.parametrize(("column", "fault", "operation", "expected"), CASES)
def test_a_fault_has_its_expected_result_or_an_unknown_outcome(
    column: str, fault: Fault, operation: str, expected: Expect
) -> None:
    observed = trial(column, fault, operation)
    assert observed.is_ours
    assert observed.shown == []
    assert observed.overrun < OVER
    if column == HTTPX and fault.name in NOT_REUSED:
        assert observed.matches(success()[operation])
    elif (column, fault.name) in DIFFERENT_RESULTS:
        assert operation != "create" or observed.requests <= 1
    else:
        assert observed.matches(expected) or is_more_cautious(observed, expected), f"{observed!r} is not {expected!r}"
