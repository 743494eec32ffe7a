"""Forks: what holds locks or connections is reset once in each forked child."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Forkable(Protocol):
    def after_fork(self) -> None:
        """Make anew, in the child, what must not be shared with the parent. Runs with one thread alive."""
        ...


_known: weakref.WeakSet[Forkable] = weakref.WeakSet()


def register_after_fork(who: Forkable) -> None:
    """Call ``who.after_fork()`` in every forked child, as long as `who` lives."""
    _known.add(who)


class ForkSafe:
    """Something with a lock, which a forked child gets anew."""

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()


def _renew_all() -> None:
    for who in list(_known):
        who.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
