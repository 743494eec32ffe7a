"""The proxies of the environment are read as httpx does, without loading httpx and `urllib.request`."""

from __future__ import annotations

import itertools
import os
from urllib.request import getproxies_environment

import httpx
import pytest

from paisr._base.secrets import wrap
from paisr._settings import read_service
from paisr._transport import proxies

PROXY, OTHER = "http://p.example:3128", "http://other.example:3128"
URLS = (
    "https://api.example/v2",
    "https://example/v2",
    "https://api.example:8443/v2",
    "https://10.1.2.3/v2",
    "https://[2001:db8::1]/v2",
    "https://www.api.example/v2",
)
EXCEPTIONS = (
    *("", "*", "a, *", "example", ".example", "api.example", "API.Example", " api.example , x", "i.example"),
    *("www.api.example", "api.example:8443", "api.example:8444", "localhost", "10.1.2.3", "10.1.2.0/24", "10.1.2.3/8"),
    *("2001:db8::1", "2001:db8::2", "https://api.example", "http://api.example", "all://api.example"),
    *("https://*.example", "https://*", "other.example,.api.example", ",", "all://*api.example:8443"),
)
SETTINGS = (
    {},
    {"HTTPS_PROXY": PROXY},
    {"https_proxy": PROXY, "HTTPS_PROXY": OTHER},
    {"HTTPS_PROXY": OTHER, "https_proxy": ""},
    {"Https_Proxy": PROXY},
    {"ALL_PROXY": PROXY},
    {"ALL_PROXY": OTHER, "HTTPS_PROXY": PROXY},
    {"HTTP_PROXY": PROXY},
    {"HTTPS_PROXY": "p.example:3128"},
    {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "REQUEST_METHOD": "GET"},
)


@pytest.fixture(autouse=True)
def only_these_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def ours(url: str) -> str | None:
    found = proxies.choose_proxy(read_service(None, wrap(url)), None)
    return None if found is None else f"{found.host}:{found.port}"


def httpxs(url: str) -> str | None:
    """The proxy that httpx would use, from the transport that it chooses."""
    with httpx.Client(verify=False) as client:
        pool = getattr(client._transport_for_url(httpx.URL(url)), "_pool")  # noqa: B009 - not every transport has it
        proxy = getattr(pool, "_proxy_url", None)
        return None if proxy is None else f"{proxy.host.decode()}:{proxy.port}"


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_variables_have_the_same_precedence_as_in_httpx(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert {url: ours(url) for url in URLS} == {url: httpxs(url) for url in URLS}
    assert proxies._from_environment(os.environ) == getproxies_environment()


@pytest.mark.parametrize("exceptions", EXCEPTIONS)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_matches_as_in_httpx(monkeypatch: pytest.MonkeyPatch, name: str, exceptions: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv(name, exceptions)
    assert {url: ours(url) for url in URLS} == {url: httpxs(url) for url in URLS}


def test_no_proxy_with_the_default_port_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Like the standard library, and unlike httpx."""
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "api.example:443")
    assert [ours(url) is None for url in ("https://api.example/v2", "https://api.example:8443/v2")] == [True, False]


@pytest.mark.parametrize(("asked", "proxy"), list(itertools.product([True, False], [PROXY, ""])))
def test_the_system_settings_are_used_where_the_environment_names_no_proxy(
    monkeypatch: pytest.MonkeyPatch, asked: bool, proxy: str
) -> None:
    monkeypatch.setattr(proxies, "_HAS_SYSTEM_SETTINGS", asked)
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": OTHER})
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: host == "api.example")
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    elsewhere = "https://elsewhere.example/v2"
    expected = [PROXY, PROXY] if proxy else [None, OTHER if asked else None]
    found = [ours("https://api.example/v2"), ours(elsewhere)]
    assert found == [None if one is None else one.removeprefix("http://") for one in expected]
