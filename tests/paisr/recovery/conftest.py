"""Fixtures for recovery: stores of attempts in memory, in a file and in PostgreSQL, and attempts in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from paisr._base.runtime import SYSTEM, Runtime
from paisr._base.secrets import wrap_place
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import Attempt, Work
from paisr._recovery.journal import opened_store
from paisr._recovery.postgres import PostgresDatabase
from paisr._recovery.store import AttemptStore
from paisr_generated.api import operation_named
from paisr_generated.models import CreateInvoiceRequest

BASE = "https://api.live.paisr.tech/v2"


@pytest.fixture(params=["file", "postgres"])
def journal(request: pytest.FixtureRequest) -> Any:
    """The `journal` argument of a client: a file, then PostgreSQL."""
    return request.getfixturevalue("path" if request.param == "file" else "postgres_url")


@pytest.fixture(params=["memory", "file", "postgres"])
def backend(request: pytest.FixtureRequest) -> Any:
    """The backend of the store: None for memory, a file, PostgreSQL."""
    if request.param == "memory":
        return None
    return request.getfixturevalue("path" if request.param == "file" else "postgres_url")


@pytest.fixture
def database_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL uses the fake clock, too."""
    monkeypatch.setattr(PostgresDatabase, "clock", None)


@pytest.fixture
def open_store() -> Callable[..., AttemptStore]:
    """Open a store on a backend; two stores on one backend act like two processes."""

    def open_store(backend: Any, runtime: Runtime = SYSTEM) -> AttemptStore:
        return opened_store(wrap_place(backend), runtime, make=True)

    return open_store


@pytest.fixture
def store(backend: Any, open_store: Any, time: Any, database_clock: None) -> AttemptStore:
    """A store on each of the three backends, with the fake clock."""
    made: AttemptStore = open_store(backend, time.runtime)
    return made


@pytest.fixture
def attempt_of(time: Any) -> Callable[..., Attempt]:
    """An attempt that begins now."""

    def attempt_of(summary: str = "A simple pizza order", service: str | None = BASE, **changes: Any) -> Attempt:
        fields: dict[str, Any] = {"customer": "cus_123456", "summary": summary, "due": "In 3 days", **changes}
        return Attempt.of(CreateInvoiceRequest(**fields), time.now(), service)

    return attempt_of


@pytest.fixture
def begun(store: AttemptStore, attempt_of: Any, time: Any) -> Callable[..., Attempt]:
    """Record an attempt in the store; without `work`, its call no longer exists."""

    def begun(
        summary: str = "A simple pizza order", *, key: str | None = None, work: Work | None = None, left: float = 10
    ) -> Attempt:
        attempt: Attempt = attempt_of(summary)
        assert store.begin(attempt, key, work or Work(), Deadline(left, time.runtime.clock)) is None
        return attempt

    return begun


@pytest.fixture
def by_key(side: Any, create: dict[str, Any]) -> Callable[..., Any]:
    """Create with a key, and return the whole response."""

    def by_key(client: Any, key: Any = "2026-12/17", *, timeout: float | None = None, **changes: Any) -> Any:
        arguments = {"currency": None, "items": (), **create, **changes, "key": key}
        steps = client._session.call(operation_named("create_invoice"), arguments, timeout)
        return client._run(steps) if side.name == "sync" else side.run(client._run(steps))

    return by_key
