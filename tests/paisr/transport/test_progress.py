"""Progress: the remaining time of each read and write, and whether a byte of the request may have been sent."""

from __future__ import annotations

from typing import Any

import pytest

from paisr._engine.deadlines import Deadline
from paisr._transport.progress import MAX_CONNECT, NO_RESPONSE, NOT_CONNECTED, Progress


def test_a_write_counts_as_sent_only_before_the_deadline(time: Any) -> None:
    progress = Progress(Deadline(2.0, lambda: time.seconds), "api.example:443")
    assert progress.remaining() == 2.0
    assert not progress.sent
    time.seconds += 1.5
    assert progress.begin_write() == 0.5
    assert progress.sent
    late = Progress(Deadline(2.0, lambda: time.seconds), "api.example:443")
    time.seconds += 2
    late.timeout_reason = NO_RESPONSE
    with pytest.raises(TimeoutError, match=NO_RESPONSE):
        late.begin_write()
    assert not late.sent


@pytest.mark.parametrize(("whole", "part"), [(60.0, MAX_CONNECT), (3.0, 3.0)])
def test_connecting_has_its_own_time_limit_and_does_not_count_as_sent(time: Any, whole: float, part: float) -> None:
    progress = Progress(Deadline(whole, lambda: time.seconds), "api.example:443")
    progress.timeout_reason = NO_RESPONSE
    connecting = progress.connecting()
    assert connecting.begin_write() == part
    assert (progress.sent, progress.timeout_reason) == (False, NOT_CONNECTED)
