"""Token, base URL and other settings: valid values, and the error text of invalid ones."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from paisr import AsyncPaisr, AuthenticationError, ConfigurationError, Paisr
from paisr._base.route import Service, is_loopback
from paisr._base.secrets import wrap
from paisr._settings import read_service

CANARY = "CANARY-c0ffee-token"
LIVE, STAGING = "https://api.live.paisr.tech/v2", "https://api.staging.paisr.tech/v2"


class Tokens(str, enum.Enum):  # noqa: UP042 - unlike StrEnum, its str() is not its value
    LIVE = "tok_live"


def service(url: Any) -> Service:
    return read_service(None, wrap(url))


def refusal(**settings: Any) -> str:
    """The error text, which is the same for both clients."""
    sentences: set[str] = set()
    for kind in (Paisr, AsyncPaisr):
        with pytest.raises(ConfigurationError) as caught:
            kind(**{"token": CANARY, **settings})
        assert isinstance(caught.value, ValueError)
        assert caught.value.outcome == "not_sent"
        sentences.add(str(caught.value))
    [sentence] = sentences
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert CANARY not in sentence
    assert len(sentence) < 300
    return sentence


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "There is no token: pass token=, or set PAISR_TOKEN"),
        (None, "There is no token: pass token=, or set PAISR_TOKEN"),
        (b"CANARY-c0ffee-token", "The token is a bytes; give it as text."),
        (["CANARY-c0ffee-token"], "The token is a list; give it as text."),
        (7, "The token is an int; give it as text."),
        (True, "The token is a bool; give it as text."),
        ("CANARY-c0ffee-token\n", "The token has a space, a line break"),
        ("CANARY-c0ffee-token x", "The token has a space"),
        ("CANARY-c0ffee-token\r\nX-Evil: 1", "The token has a space, a line break"),
        ("CANARY-c0ffee-token\x00", "The token has a space"),
        ("CANARY-c0ffee-tokené", "The token has a space, a line break or a character outside ASCII"),
        ("Bearer CANARY-c0ffee-token", "The token begins with 'Bearer '"),
        ("bearer CANARY-c0ffee-token", "The token begins with 'Bearer '"),
    ],
)
def test_a_token_that_cannot_be_sent_is_refused(token: Any, message: str) -> None:
    assert refusal(token=token).startswith(message)


def test_the_token_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, side: Any, script: Any, invoice: Any
) -> None:
    monkeypatch.setenv("PAISR_TOKEN", "tok_environment")
    responses = script((200, invoice))
    side.call(side.client(responses, token=None), "get", "inv_123456")
    side.call(side.client(responses, token="tok_argument"), "get", "inv_123456")
    assert [request.headers["Authorization"] for request in responses.requests] == [
        "Bearer tok_environment",
        "Bearer tok_argument",
    ]
    monkeypatch.setenv("PAISR_TOKEN", "two words")
    assert "has a space" in refusal(token=None)


def test_a_token_from_a_text_enumeration_is_sent_by_its_value(side: Any, script: Any, invoice: Any) -> None:
    responses = script((200, invoice))
    side.call(side.client(responses, token=Tokens.LIVE), "get", "inv_123456")
    assert responses.requests[0].headers["Authorization"] == "Bearer tok_live"


def test_a_token_callable_is_called_at_each_attempt(side: Any, script: Any, invoice: Any, time: Any) -> None:
    tokens = iter(["tok_first", "tok_second", "tok_third"])
    responses = script((503, b""), (200, invoice))
    client = side.client(responses, time=time, token=lambda: next(tokens))
    assert responses.requests == []
    side.call(client, "get", "inv_123456")
    side.call(client, "get", "inv_123456")
    sent = [request.headers["Authorization"] for request in responses.requests]
    assert sent == ["Bearer tok_first", "Bearer tok_second", "Bearer tok_third"]


@pytest.mark.parametrize(
    ("give", "message"),
    [
        (lambda: None, "The token is None; give it as text."),
        (lambda: "two words", "The token has a space"),
        (lambda: "", "There is no token"),
        (lambda: {}["vault"], "The callable given as token= raised a KeyError; let it return the token as text."),
    ],
)
def test_a_callable_without_a_valid_token_is_refused_before_sending(
    side: Any, script: Any, invoice: Any, create: Any, give: Any, message: str
) -> None:
    responses = script((200, invoice))
    client = side.client(responses, token=give)
    for name, arguments in (("get", {"invoice_id": "inv_123456"}), ("create", create)):
        with pytest.raises(ConfigurationError) as caught:
            side.call(client, name, **arguments)
        assert str(caught.value).startswith(message)
        assert caught.value.outcome == "not_sent"
    assert responses.requests == []


def test_recent_tokens_of_a_callable_are_in_no_text(side: Any, script: Any, time: Any) -> None:
    tokens = iter(["CANARY-first", "CANARY-second"])
    echo = (401, {"success": False, "message": "CANARY-first was followed by CANARY-second"})
    client = side.client(script((503, b""), echo), time=time, token=lambda: next(tokens))
    with pytest.raises(AuthenticationError, match=r"\[secret\] was followed by \[secret\]"):
        side.call(client, "get", "inv_123456")


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://api.example/v2", "https://api.example/v2"),
        ("https://api.example/v2/", "https://api.example/v2"),
        ("https://api.example/v2//", "https://api.example/v2"),
        ("HTTPS://API.Example:443/V2", "https://api.example/V2"),
        ("https://api.example", "https://api.example"),
        ("https://api.example:8443/", "https://api.example:8443"),
        ("https://bücher.example/v2", "https://xn--bcher-kva.example/v2"),
        ("https://192.0.2.7/v2", "https://192.0.2.7/v2"),
        ("https://[2001:db8::1]:8443/v2", "https://[2001:db8::1]:8443/v2"),
        ("http://localhost:8000/v2", "http://localhost:8000/v2"),
        ("http://127.0.0.1:80/v2", "http://127.0.0.1/v2"),
        ("http://127.9.9.9/v2", "http://127.9.9.9/v2"),
        ("http://[::1]:8000/v2", "http://[::1]:8000/v2"),
        ("https://api.example/a%20b/v2", "https://api.example/a%20b/v2"),
    ],
)
def test_a_valid_base_url_is_normalized(url: str, read: str) -> None:
    assert service(url).url == read


RIGHT = "give one such as 'https://api.live.paisr.tech/v2'."


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "api.example", "api.example/v2", "//api.example", "ftp://api.example", "https://", "https:///v2",
        "https:api.example",
        "https://api.example?x=1", "https://api.example/?", "https://api.example/#", "https://api.example/v2#x",
        "https://api.example/../v2", "https://api.example/v2/..", "https://api.example/./v2",
        "https://api.example/%2e%2e/v2",
        "https://api.example/v 2", "https://api.example/ü", "https://api.example/v2\\x", "https://api.example/%zz",
        "https://api.example/%2",
        "https://api.example:99999", "https://api.example:-1", "https://api.example:0", "https://api.example:x",
        "https://[::1", "https://[x]/", "http://[::1]evil/v2", "http://evil[::1]/v2", "https://[::1]evil.example:80/v2",
        "https://a b.example", "https://a..example", f"https://{'a' * 64}.example", "https://api_ü\x00.example",
        "https://straße.example",
        "http://api.example/v2", "http://127.1/v2", "http://10.0.0.1", "http://localhost.example",
        "http://[2001:db8::1]/v2",
        "http://0.0.0.0/v2",
        7, b"https://api.example", ["https://api.example"],
    ],
    ids=ascii,
)  # fmt: skip
def test_an_invalid_base_url_is_refused(url: Any) -> None:
    sentence = refusal(base_url=url)
    assert sentence.startswith("The base URL ")
    assert sentence.endswith(RIGHT)


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{CANARY}@api.example/v2",
        f"https://{CANARY}@api.example/v2",
        f"https://user:{CANARY}#x@api.example/v2",
        f"https://user:{CANARY}/x@api.example/v2",
        f"https://api.example/v2?token={CANARY}",
        f"https://api.example/v2#{CANARY}",
        CANARY,
    ],
)
def test_no_credential_in_a_base_url_is_repeated(url: str) -> None:
    assert "c0ffee" not in refusal(base_url=url)
    assert "c0ffee" not in refusal(base_url=url, token="tok")


def test_the_base_url_comes_from_the_argument_the_environment_variable_or_the_contract(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_service(None, None).url == read_service("live", None).url == LIVE
    assert read_service("staging", None).url == STAGING
    monkeypatch.setenv("PAISR_BASE_URL", "http://127.0.0.1:9/v2")
    assert read_service(None, None).url == "http://127.0.0.1:9/v2"
    assert read_service(None, wrap("https://api.example")).url == "https://api.example"
    monkeypatch.setenv("PAISR_BASE_URL", "")
    assert read_service(None, None).url == LIVE


def test_the_environment_comes_from_the_argument_or_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAISR_ENVIRONMENT", "staging")
    assert read_service(None, None).url == STAGING
    assert read_service("live", None).url == LIVE
    assert read_service(None, wrap("https://api.example")).url == "https://api.example"
    monkeypatch.setenv("PAISR_ENVIRONMENT", "test")
    assert refusal().startswith("PAISR_ENVIRONMENT='test' is not known; it is one of 'live', 'staging'.")
    monkeypatch.setenv("PAISR_ENVIRONMENT", "")
    assert read_service(None, None).url == LIVE


@pytest.mark.parametrize(
    ("environment", "variable", "url"),
    [("staging", None, LIVE), ("live", None, "http://127.0.0.1:9/v2"), (None, "live", STAGING)],
)
def test_two_settings_that_name_different_services_are_refused(
    monkeypatch: pytest.MonkeyPatch, environment: Any, variable: str | None, url: str
) -> None:
    monkeypatch.setenv("PAISR_BASE_URL", url)
    if variable is not None:
        monkeypatch.setenv("PAISR_ENVIRONMENT", variable)
    sentence = refusal(environment=environment)
    name, value = ("environment", environment) if environment else ("PAISR_ENVIRONMENT", variable)
    own = STAGING if value == "staging" else LIVE
    assert sentence == f"{name}={value!r} is {own} and PAISR_BASE_URL is {url}; leave one of them out."


def test_environment_and_its_own_base_url_do_not_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAISR_BASE_URL", f"{STAGING}/")
    assert read_service("staging", None).url == STAGING


def test_an_environment_together_with_a_base_url_is_refused() -> None:
    assert refusal(environment="live", base_url=LIVE) == (
        "environment= and base_url= both say where the service is; give one of them."
    )


def test_the_repr_of_a_client_has_its_base_url(side: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAISR_ENVIRONMENT", "staging")
    assert repr(side.client()) == f"<{side.type.__name__} of {STAGING}>"


@pytest.mark.parametrize("environment", ["production", "", 7, [], {}, "LIVE"], ids=repr)
def test_an_unknown_environment_is_refused(environment: Any) -> None:
    assert "it is one of 'live', 'staging'" in refusal(environment=environment)


@pytest.mark.parametrize(
    "timeout",
    [0, -1, float("nan"), float("inf"), True, "30", None, [1], 10**400, 10**5000, 1e10],
    ids=lambda value: str(type(value)),
)
def test_an_invalid_timeout_is_refused(timeout: Any) -> None:
    assert "timeout" in refusal(timeout=timeout)


@pytest.mark.parametrize("retries", [-1, 101, True, 1.0, "2", None, 10**5000], ids=lambda value: str(type(value)))
def test_an_invalid_number_of_retries_is_refused(retries: Any) -> None:
    assert "max_retries" in refusal(max_retries=retries)


@pytest.mark.parametrize("rate", [250, "250", (250, 60), True])
def test_a_rate_limit_of_another_type_is_refused(rate: Any) -> None:
    assert "rate_limit" in refusal(rate_limit=rate)


@pytest.mark.parametrize("tls", [True, "cert.pem", object()])
def test_a_tls_setting_that_is_no_context_is_refused(tls: Any) -> None:
    assert "tls is a" in refusal(tls=tls)


def test_a_transport_for_the_other_client_is_refused() -> None:
    import httpx

    with httpx.HTTPTransport() as transport:
        with pytest.raises(
            ConfigurationError, match=r"^transport is an? HTTPTransport; give an instance of httpx\.AsyncBaseTransport"
        ):
            AsyncPaisr("tok", transport=transport)  # type: ignore[arg-type]  # the mistake under test
        Paisr("tok", transport=transport)
    for wrong in (httpx.AsyncHTTPTransport(), object(), httpx.Client):
        with pytest.raises(
            ConfigurationError, match=r"^transport is an? \w+; give an instance of httpx\.BaseTransport"
        ):
            Paisr("tok", transport=wrong)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_a_host_is_loopback_only_if_it_is_this_machine(host: str, is_local: bool) -> None:
    assert is_loopback(host) is is_local


OWN = [
    *("Authorization", "authorization", "Host", "Content-Length", "Content-Type", "User-Agent", "Accept"),
    *("Accept-Encoding", "Connection", "Transfer-Encoding", "Proxy-Authorization", "Expect", "TE"),
]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        *(({name: CANARY}, f"The header {name} is the client's own; leave it out.") for name in OWN),
        ({"X-A": f"{CANARY}\r\nX-B: 1"}, "The value of the header X-A is not a line of printable ASCII text; give"),
        ({"X-A": f"{CANARY}\n"}, "The value of the header X-A is not a line"),
        ({"X-A": f" {CANARY}"}, "The value of the header X-A is not a line"),
        ({"X-A": f"{CANARY}é"}, "The value of the header X-A is not a line"),
        ({"X-A": ""}, "The value of the header X-A is not a line"),
        ({"X-A": 7}, "The value of the header X-A is not a line of printable ASCII text; give"),
        ({"X-A": CANARY.encode()}, "The value of the header X-A is not a line of printable ASCII text; give"),
        ({"X A": CANARY}, "'X A' is not the name of a header"),
        ({"X-A:": CANARY}, "'X-A:' is not the name of a header"),
        ({"X-A\r\nX-B": CANARY}, "'X-A\\r\\nX-B' is not the name of a header"),
        ({"": CANARY}, "'' is not the name of a header"),
        ({7: CANARY}, "7 is not the name of a header"),
        ([("X-A", CANARY)], "default_headers is not a mapping"),
        (f"X-A: {CANARY}", "default_headers is not a mapping"),
    ],
)
def test_invalid_default_headers_are_refused_without_their_values(headers: Any, message: str) -> None:
    assert refusal(default_headers=headers).startswith(message)


@pytest.mark.parametrize("agent", ["", "a\r\nX-B: 1", "billing/1.0 ", "é", 7, b"billing"])
def test_an_invalid_user_agent_is_refused(agent: Any) -> None:
    assert refusal(user_agent=agent).startswith("user_agent is not a line of printable ASCII text")


async def awaited(_event: object) -> None:
    """An async hook, which a client does not accept."""


@pytest.mark.parametrize("on_event", [7, "print", [], awaited])
def test_an_on_event_that_is_not_a_sync_callable_is_refused(on_event: Any) -> None:
    assert refusal(on_event=on_event).startswith("on_event is a")
