"""Three places for attempts under one interface, a PostgreSQL server of these tests' own, and services made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from paisr._base.runtime import SYSTEM, Runtime
from paisr._base.secrets import wrap_place
from paisr._engine.deadlines import Deadline
from paisr._recovery.attempts import Attempt
from paisr._recovery.entries import Work
from paisr._recovery.journal import opened_store
from paisr._recovery.postgres import PostgresTransaction
from paisr._recovery.sqlite import MemoryDatabase
from paisr._recovery.store import AttemptStore
from paisr_generated.api import operation_named
from paisr_generated.models import CreateInvoiceRequest

BASE = "https://api.live.paisr.tech/v2"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


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
def database_clock(time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL goes by the made-up time, too."""
    monkeypatch.setattr(PostgresTransaction, "now", lambda self: time.now().timestamp())


@pytest.fixture
def open_store() -> Callable[..., AttemptStore]:
    """A store at a place; each is what another process would have."""

    def open_store(place: Any, runtime: Runtime = SYSTEM) -> AttemptStore:
        if place is None:
            return AttemptStore(MemoryDatabase(), runtime)
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


class Service:
    """Makes invoices, shows them in lists, and does with the next creates what `plan` says, one after the other.

    ``lose``: carried out, and the response is lost; ``drop``: the request is lost; a status: refused with it; ``late``:
    as ``lose``, and listed only after `show`. `posts` counts what arrived.
    """

    def __init__(self) -> None:
        self.plan: list[Any] = []
        self.invoices: list[dict[str, Any]] = []
        self.hidden: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.on_post: Callable[[], object] = lambda: None
        self.transport = httpx.MockTransport(self)

    @property
    def posts(self) -> int:
        return [request.method for request in self.requests].count("POST")

    @property
    def reads(self) -> int:
        return len(self.requests) - self.posts

    def show(self) -> None:
        self.invoices += self.hidden
        self.hidden = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "POST":
            return self.create(json.loads(request.content))
        if request.url.path.endswith("/invoices"):
            return self.response({"invoices": self.invoices[: int(request.url.params["limit"])]})
        wanted = request.url.path.rpartition("/")[2]
        found = [one for one in self.invoices if one["id"] == wanted]
        return self.response(found[0]) if found else httpx.Response(404)

    def create(self, sent: dict[str, Any]) -> httpx.Response:
        self.on_post()
        do = self.plan.pop(0) if self.plan else "create"
        if isinstance(do, int):
            return httpx.Response(do, json={"success": False, "message": "no"})
        if do == "drop":
            raise httpx.ReadError("the request was lost")
        customer = {"id": "cus_123456", "email": "jane@example.com"}
        made = {
            "id": f"inv_{len(self.invoices) + len(self.hidden) + 1}",
            "status": "unpaid",
            "customer": customer,
            "summary": sent["summary"],
            "currency": sent.get("currency", "SRD"),
            "session": {"url": "https://checkout.paisr.tech/x", "expires_in": "30 minutes"},
        }
        (self.hidden if do == "late" else self.invoices).append(made)
        if do != "create":
            raise httpx.ReadError("the response was lost")
        return self.response({name: made[name] for name in ("id", "status", "session")})

    def response(self, data: Any) -> httpx.Response:
        return httpx.Response(200, json={"success": True, "data": data})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def by_key(side: Any, create: dict[str, Any]) -> Callable[..., Any]:
    """Create with a key, and give back the whole response."""

    def by_key(client: Any, key: Any = "2026-12/17", *, timeout: float | None = None, **changes: Any) -> Any:
        arguments = {"currency": None, "items": (), **create, **changes, "key": key}
        steps = client._session.call(operation_named("create_invoice"), arguments, timeout)
        return client._run(steps) if side.name == "sync" else side.run(client._run(steps))

    return by_key
