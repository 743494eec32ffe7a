"""Which process does something, so that another can tell later whether it has ended."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def current_process_token() -> str:
    """A name for this process that no other process of this machine has while it lives."""
    return f"{_place()} {os.getpid()}"


def is_process_dead(token: str) -> bool:
    """Whether the process of that name is certainly gone; False for one of another machine."""
    place, _, number = token.rpartition(" ")
    if place != _place() or os.name != "posix" or not number.isdigit():
        return False  # signal 0 asks only on POSIX; on Windows it would end the process
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _place() -> str:
    """Where process numbers are unambiguous: a machine, or a container on it."""
    try:
        return f"{socket.gethostname()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()
