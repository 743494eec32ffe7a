"""Forks: objects that hold locks or connections are reset in each forked child."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Forkable(Protocol):
    def after_fork(self) -> None:
        """Reset, in the child, the state that must not be shared with the parent. The child has only this thread."""
        ...


_registered: weakref.WeakSet[Forkable] = weakref.WeakSet()


def register_after_fork(target: Forkable) -> None:
    """Call ``target.after_fork()`` in every forked child while `target` is alive."""
    _registered.add(target)


class ForkSafe:
    """Base class of objects with a lock. A forked child makes a new lock.

    A thread can take the lock again: a signal handler may close a client whose call it interrupts.
    """

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.RLock()


def _reset_all() -> None:
    for target in list(_registered):
        target.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
