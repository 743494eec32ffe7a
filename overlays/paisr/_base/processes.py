"""Which process does something, so that another can tell later whether it has ended."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


def current_process_token() -> str:
    """A name for this process that no other process of this machine has while it lives."""
    return f"{_machine()} {os.getpid()}"


def is_same_machine(token: str) -> bool:
    """Whether the process of that name runs, or ran, on this machine, in this container, since this boot."""
    return token.rpartition(" ")[0] == _machine()


def is_process_dead(token: str) -> bool:
    """Whether the process of that name is certainly gone; False for one of another machine."""
    machine, _, number = token.rpartition(" ")
    if machine != _machine() or os.name != "posix" or not number.isdigit():
        return False  # signal 0 asks only on POSIX; on Windows it would end the process
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@cache
def _machine() -> str:
    """Where process numbers are unambiguous: a machine, or a container on it, since it was started."""
    parts = [socket.gethostname()]
    try:
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
    except OSError:
        pass  # elsewhere than on Linux, the name has to do
    return " ".join(parts)
