"""Decoders of models."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from decimal import Decimal
from types import FrameType
from typing import Any

import msgspec
import pytest

from paisr_generated import reading
from paisr_generated.reading import decoder


class Interruption(BaseException):
    """Raised by a signal handler."""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarm signal")
def test_an_exception_of_a_signal_handler_is_not_lost_while_a_decoder_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """msgspec ignores any exception that is raised in code of Python which it calls while it makes a decoder."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise Interruption

    def interrupted(*arguments: Any, **named: Any) -> Any:
        with suppress(Interruption):  # as msgspec does
            signal.raise_signal(signal.SIGALRM)
            time.sleep(0)  # the handler runs here at the latest, if this is the main thread
        return made(*arguments, **named)

    made = msgspec.json.Decoder
    monkeypatch.setattr(reading, "_decoders", {})
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(msgspec.json, "Decoder", interrupted)
            with pytest.raises(Interruption):
                decoder(int)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert decoder(int).decode(b"7") == 7


def test_a_decoder_is_made_once_and_keeps_all_digits() -> None:
    assert decoder(list[Any]) is decoder(list[Any])
    assert decoder(list[Any]).decode(b"[0.10]") == [Decimal("0.10")]


def test_a_type_that_cannot_be_decoded_is_refused_in_the_callers_thread(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError):
        decoder(tuple[int | str | list[int], dict[int, int] | dict[str, str]])
    assert capfd.readouterr().err == ""
