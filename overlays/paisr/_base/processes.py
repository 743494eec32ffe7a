"""Tokens that name a process, by which another process can tell whether it has ended."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


def current_process_token() -> str:
    """A token that no other process of this machine has while this process lives."""
    return f"{_machine()} {os.getpid()}"


def is_same_machine(token: str) -> bool:
    """Whether the token is of a process of this machine, this container and this boot."""
    return token.rpartition(" ")[0] == _machine()


def is_process_dead(token: str) -> bool:
    """Whether the token's process has certainly ended; False for a process of another machine."""
    machine, _, number = token.rpartition(" ")
    if machine != _machine() or os.name != "posix" or not number.isdigit():
        return False  # signal 0 is a mere test on POSIX; on Windows it would end the process
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@cache
def _machine() -> str:
    """The scope in which process ids are unique: a machine, or a container on it, since its start."""
    parts = [socket.gethostname()]
    try:
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
    except OSError:
        pass  # not Linux: the host name must suffice
    return " ".join(parts)
