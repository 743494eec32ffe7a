"""The pytest plugin of `paisr[stub]`: the fixtures `paisr_stub`, `paisr` and `async_paisr`.

    def test_it_is_paid(paisr_stub, paisr):
        created = paisr.invoices.create(customer="jane@example.com", summary="Pizza", due="In 3 days",
                                        items=[{"description": "Pizza", "quantity": 2, "unit_price": 75}])
        paisr_stub.pay(created.id)
        assert paisr.invoices.get(created.id).status == "paid"

Each test has its own stub on its own port, also with pytest-xdist. A marker changes the stub's settings:

    @pytest.mark.paisr_stub(rate_limit=250)

The plugin imports only pytest until a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from paisr import AsyncPaisr, Paisr
    from paisr_stub import StubServer


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "paisr_stub(**settings): settings of the stub behind the fixtures paisr_stub, paisr and async_paisr."
    )


@pytest.fixture
def paisr_stub(request: pytest.FixtureRequest) -> Iterator[StubServer]:
    """A running stub of the Paisr invoices API: a `paisr_stub.StubServer`, new for each test."""
    from paisr_stub import StubServer

    with StubServer(**_settings(request)) as stub:
        yield stub


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    node = cast("pytest.Item", request.node)
    marker = node.get_closest_marker("paisr_stub")
    return {} if marker is None else dict(marker.kwargs)


@pytest.fixture
def paisr(paisr_stub: StubServer) -> Iterator[Paisr]:
    """A `paisr.Paisr` for `paisr_stub`. It has no rate limit, so tests do not wait."""
    from paisr import Paisr

    with Paisr(paisr_stub.token, base_url=paisr_stub.url, rate_limit=None) as client:
        yield client


@pytest.fixture
def async_paisr(paisr_stub: StubServer) -> AsyncPaisr:
    """The same for event loops: a `paisr.AsyncPaisr`, which the test closes: `async with async_paisr as client: …`."""
    from paisr import AsyncPaisr

    return AsyncPaisr(paisr_stub.token, base_url=paisr_stub.url, rate_limit=None)
