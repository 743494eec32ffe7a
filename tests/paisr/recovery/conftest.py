"""Three places for attempts under one interface, a PostgreSQL server of these tests' own, and services made up."""

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
    """What a client is given as `journal`: a file, then PostgreSQL."""
    return request.getfixturevalue("path" if request.param == "file" else "postgres_url")


@pytest.fixture(params=["memory", "file", "postgres"])
def place(request: pytest.FixtureRequest) -> Any:
    """Where attempts are kept: None for memory, a file, PostgreSQL."""
    if request.param == "memory":
        return None
    return request.getfixturevalue("path" if request.param == "file" else "postgres_url")


@pytest.fixture
def database_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL goes by the made-up time, too."""
    monkeypatch.setattr(PostgresDatabase, "clock", None)


@pytest.fixture
def open_store() -> Callable[..., AttemptStore]:
    """A store at a place; each is what another process would have."""

    def open_store(place: Any, runtime: Runtime = SYSTEM) -> AttemptStore:
        return opened_store(wrap_place(place), runtime, make=True)

    return open_store


@pytest.fixture
def store(place: Any, open_store: Any, time: Any, database_clock: None) -> AttemptStore:
    """A store at each of the three places, with made-up time."""
    made: AttemptStore = open_store(place, time.runtime)
    return made


@pytest.fixture
def attempt_of(time: Any) -> Callable[..., Attempt]:
    """An attempt that is begun now."""

    def attempt_of(summary: str = "A simple pizza order", service: str | None = BASE, **changes: Any) -> Attempt:
        fields: dict[str, Any] = {"customer": "cus_123456", "summary": summary, "due": "In 3 days", **changes}
        return Attempt.of(CreateInvoiceRequest(**fields), time.now(), service)

    return attempt_of


@pytest.fixture
def begun(store: AttemptStore, attempt_of: Any, time: Any) -> Callable[..., Attempt]:
    """Note an attempt; without `work` it is that of a call which is gone."""

    def begun(
        summary: str = "A simple pizza order", *, key: str | None = None, work: Work | None = None, left: float = 10
    ) -> Attempt:
        attempt: Attempt = attempt_of(summary)
        assert store.begin(attempt, key, work or Work(), Deadline(left, time.runtime.clock)) is None
        return attempt

    return begun


@pytest.fixture
def by_key(side: Any, create: dict[str, Any]) -> Callable[..., Any]:
    """Create with a key, and give back the whole response."""

    def by_key(client: Any, key: Any = "2026-12/17", *, timeout: float | None = None, **changes: Any) -> Any:
        arguments = {"currency": None, "items": (), **create, **changes, "key": key}
        steps = client._session.call(operation_named("create_invoice"), arguments, timeout)
        return client._run(steps) if side.name == "sync" else side.run(client._run(steps))

    return by_key
