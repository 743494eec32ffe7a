"""`wait`: the interval of reads, the end of the wait, and the error after the timeout."""

from __future__ import annotations

from typing import Any

import pytest

from paisr import APITimeoutError, InvoiceStatus, NotFoundError, ServerError


def read(status: str) -> tuple[int, dict[str, Any]]:
    return 200, {"success": True, "data": {"id": "inv_1", "status": status}}


@pytest.mark.parametrize("status", ["paid", "void"])
def test_a_wait_ends_when_the_invoice_is_paid_or_void(side: Any, script: Any, time: Any, status: str) -> None:
    responses = script(read("draft"), read("unpaid"), read("unpaid"), read(status))
    client = side.client(responses, time=time)
    assert side.call(client, "wait", "inv_1").status == status
    assert time.slept == [5.0, 5.0, 5.0]
    assert len(responses.requests) == 4
    assert {request.url.path for request in responses.requests} == {"/v2/invoices/inv_1"}


@pytest.mark.parametrize("until", ["unpaid", ["unpaid"], {"unpaid", "draft"}, InvoiceStatus.UNPAID])
def test_until_can_be_one_status_or_several(side: Any, script: Any, time: Any, until: Any) -> None:
    client = side.client(script(read("unpaid")), time=time)
    assert side.call(client, "wait", "inv_1", until=until).status == "unpaid"
    assert time.slept == []


def test_the_invoice_is_read_once_per_interval(side: Any, script: Any, time: Any) -> None:
    client = side.client(script(read("unpaid"), read("unpaid"), read("paid")), time=time)
    side.call(client, "wait", "inv_1", interval=0.25, timeout=3)
    assert time.slept == [0.25, 0.25]


def test_a_wait_raises_after_its_timeout(side: Any, script: Any, time: Any) -> None:
    responses = script(read("unpaid"))
    client = side.client(responses, time=time)
    with pytest.raises(APITimeoutError, match=r"still unpaid after 60 s, .* timeout\.$") as caught:
        side.call(client, "wait", "inv_1", timeout=60)
    assert caught.value.outcome == "unknown"
    assert 58 <= sum(time.slept) <= 60
    assert len(responses.requests) == 13


def test_an_unknown_status_does_not_end_the_wait(side: Any, script: Any, time: Any) -> None:
    client = side.client(script(read("settling"), read("paid")), time=time)
    assert side.call(client, "wait", "inv_1").status == "paid"
    with pytest.raises(APITimeoutError, match="still settling"):
        side.call(side.client(script(read("settling")), time=time), "wait", "inv_1", timeout=10)


def test_an_interval_longer_than_the_timeout_does_not_end_the_wait_early(side: Any, script: Any, time: Any) -> None:
    client = side.client(script(read("unpaid"), read("paid")), time=time)
    assert side.call(client, "wait", "inv_1", timeout=30, interval=60).status == "paid"
    assert time.slept == [29.0]


def test_a_temporary_failure_is_retried_and_an_error_ends_the_wait(side: Any, script: Any, time: Any) -> None:
    client = side.client(script((503, b""), read("paid")), time=time)
    assert side.call(client, "wait", "inv_1").status == "paid"
    with pytest.raises(NotFoundError):
        side.call(side.client(script((404, b"")), time=time), "wait", "inv_1")
    with pytest.raises(ServerError):
        side.call(side.client(script((500, b"")), time=time, max_retries=1), "wait", "inv_1")


def test_each_read_of_a_wait_has_the_timeout_of_a_call(side: Any, script: Any, time: Any) -> None:
    def slow(request: Any) -> Any:
        time.seconds += 7.0
        raise TimeoutError

    client = side.client(script(slow), time=time, timeout=10.0)
    before = time.seconds
    with pytest.raises(APITimeoutError, match="within the 10 s"):
        side.call(client, "wait", "inv_1", timeout=1000)
    assert time.seconds - before <= 10 + 7
