"""SIGTERM, with which a service manager or a scheduler ends a command: it is an interruption, as Ctrl-C is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


class Terminated(KeyboardInterrupt):
    """The process was sent SIGTERM."""


@contextmanager
def sigterm_interrupts() -> Generator[None]:
    """Raise `Terminated` on SIGTERM, where it would otherwise end the process without a word."""
    is_default = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not is_default or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def interrupts_on_sigterm() -> bool:
    """Whether `sigterm_interrupts` is in force."""
    return signal.getsignal(signal.SIGTERM) is _terminate


def _terminate(*_arguments: Any) -> None:
    raise Terminated
