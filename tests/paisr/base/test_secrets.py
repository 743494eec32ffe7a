"""No error, log or traceback shows the token or a proxy's password."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from paisr import AuthenticationError, OutcomeUnknownError, PaisrError, UnexpectedResponseError
from paisr._base.secrets import MAX_LAYERS, MAX_UNESCAPED, Secret, _unescaped, with_login

CANARY = "CANARY/c0ffee/token"
PASSWORD = "CANARY-pa55word"
SECRETS = ("CANARY", "c0ffee", "pa55word")
THIS_FILE = __file__


def shown_by(error: BaseException) -> str:
    """The record of an error tracker: locals of all frames, along causes and contexts, but not of this file."""
    texts: list[str] = []
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        left += [one.__cause__, one.__context__]
        texts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        for frame in traceback.StackSummary.extract(traceback.walk_tb(one.__traceback__), capture_locals=True):
            if frame.filename != THIS_FILE:
                texts.append(repr(frame.locals))
    return "\n".join(texts)


def assert_hidden(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text, text[max(0, text.index(secret) - 200) : text.index(secret) + 40]


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> Any:
    """The output of all loggers, down to DEBUG."""
    loggers = [logging.getLogger(name) for name in ("", "paisr", "httpx", "httpcore")]
    with contextlib.ExitStack() as stack:
        for logger in loggers:
            stack.enter_context(caplog.at_level(logging.DEBUG, logger=logger.name))
        yield lambda: "\n".join(f"{record.getMessage()} {record.args!r} {vars(record)!r}" for record in caplog.records)


def parts(thing: Any, depth: int = 4) -> Any:
    yield thing
    if depth and type(thing).__mro__[-2].__module__.startswith("paisr"):
        names = [*getattr(thing, "__dict__", ()), *getattr(type(thing), "__slots__", ())]
        for name in names:
            if name not in ("_text", "__weakref__"):
                yield from parts(getattr(thing, name, None), depth - 1)


def test_no_part_of_a_client_shows_a_secret(side: Any) -> None:
    client = side.client(
        token=CANARY,
        base_url="http://127.0.0.1:9/v2",
        proxy=f"http://user:{PASSWORD}@127.0.0.1:9",
        default_headers={"X-Key": PASSWORD},
    )
    seen = list(parts(client))
    assert any(isinstance(part, Secret) and part.reveal() == CANARY for part in seen)
    for part in seen:
        if not isinstance(part, bytes | tuple | str):  # the parts of the request that is sent are below RequestMaker
            assert_hidden(f"{part!r} {part}")
    assert_hidden(f"{client!r} {client} {client.invoices!r} {client.invoices.with_response!r}")
    assert repr(client) == f"<{side.type.__name__} of http://127.0.0.1:9/v2>"
    assert repr(client.invoices).endswith("Invoices of http://127.0.0.1:9/v2>")
    assert repr(client.invoices.with_response).endswith("InvoicesWithResponse of http://127.0.0.1:9/v2>")
    side.close(client)
    assert repr(client) == f"<{side.type.__name__} of http://127.0.0.1:9/v2, closed>"


def test_a_client_and_its_secrets_do_not_pickle(side: Any) -> None:
    for thing, travel in (
        (side.type(CANARY), pickle.dumps),
        (Secret(CANARY), pickle.dumps),
        (Secret(CANARY), copy.copy),
    ):
        with pytest.raises(TypeError) as caught:
            travel(thing)
        assert_hidden(shown_by(caught.value))


def test_a_client_whose_settings_were_refused_has_a_repr(side: Any) -> None:
    client = side.type.__new__(side.type)
    with pytest.raises(PaisrError):
        client.__init__("two words")
    assert repr(client) == f"<{side.type.__name__}>"


@pytest.mark.parametrize(
    "settings",
    [
        {"token": CANARY.encode()},
        {"token": [CANARY]},
        {"token": f"Bearer {CANARY}"},
        {"token": f"{CANARY}\n"},
        {"token": f"{CANARY} {PASSWORD}"},
        {"token": CANARY, "base_url": f"https://user:{PASSWORD}@api.example"},
        {"token": CANARY, "base_url": CANARY},
        {"token": CANARY, "timeout": -1},
        {"token": CANARY, "timeout": -1, "default_headers": {"X-Key": CANARY}},
        {"token": CANARY, "default_headers": {"X-Key": f"{CANARY}\n"}},
        {"token": CANARY, "default_headers": {"X-Key": CANARY, "Host": CANARY}},
        {"token": CANARY, "default_headers": [("X-Key", CANARY)]},
        {"token": CANARY, "default_headers": CANARY},
        {"token": CANARY, "environment": "nowhere"},
        {"token": CANARY, "proxy": f"ftp://user:{PASSWORD}@proxy.example"},
        {"token": CANARY, "proxy": f"http://user:{PASSWORD}@proxy.example:99999"},
        {"token": CANARY, "proxy": f"http://user:{PASSWORD}@[::1"},
        {"token": CANARY, "proxy": f"socks5://user:{PASSWORD}@proxy.example"},
        {"token": CANARY, "transport": object()},
        {"token": CANARY, "rate_limit": CANARY[:0]},
    ],
    ids=lambda settings: ", ".join(f"{key}={one}" for key, one in settings.items() if type(one) is not object),
)
def test_the_error_about_a_refused_setting_shows_no_secret(
    side: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paisr._transport.proxies.find_spec", lambda name: None)
    with pytest.raises(PaisrError) as caught:
        side.type(**settings)
    assert_hidden(shown_by(caught.value))
    assert_hidden(shown_by(pickle.loads(pickle.dumps(caught.value))))


ECHOES = [
    (401, f'{{"success": false, "message": "the token {CANARY} is not valid"}}'.encode()),
    (401, CANARY.replace("/", "\\/").encode()),
    (500, (CANARY * 60).encode()),
    (302, CANARY.encode()),
    (200, f'{{"success": true, "data": {{"id": "{CANARY}"}}}}'.encode()),
    (200, f'{{"success": true, "data": {{"id": "{CANARY}", "status": "paid"}}}}'.encode()),
    (200, f'{{"success": "{CANARY}", "data": {{"id": "inv_1", "status": "paid"}}}}'.encode()),
    (200, (" " * 150 + CANARY * 100).encode()),
    (500, (" " * 19_990 + CANARY).encode()),
    (500, (" " * 199_990 + CANARY).encode()),
    (200, f'{{"success": true, "data": {{"id": "inv_1", "status": "paid", "due_at": "{CANARY}"}}}}'.encode()),
]


@pytest.mark.parametrize(("status", "body"), ECHOES)
def test_an_echoed_token_is_in_no_error(
    side: Any, script: Any, logs: Any, create: Any, status: int, body: bytes
) -> None:
    client = side.client(script((status, body, [("X-Echo", CANARY)])), token=CANARY, max_retries=0)
    for name, arguments in (("get", {"invoice_id": "inv_1"}), ("create", create)):
        if name == "create" and b"due_at" in body:
            continue  # this operation has no such response
        with pytest.raises(PaisrError) as caught:
            side.call(client, name, **arguments)
        assert_hidden(shown_by(caught.value))
        assert_hidden(shown_by(pickle.loads(pickle.dumps(caught.value))))
        if isinstance(caught.value, AuthenticationError) and caught.value.message:
            assert caught.value.message == "the token [secret] is not valid"
    assert_hidden(logs())


SPELLINGS: dict[str, Callable[[str], str]] = {
    "JSON, escaped": lambda token: "".join(f"\\u{ord(one):04x}" for one in token),
    "JSON, in capitals": lambda token: "".join(f"\\u{ord(one):04X}" for one in token),
    "JSON, in part": lambda token: f"{token[:5]}\\u{ord(token[5]):04x}{token[6:]}",
    "JSON, slashes": lambda token: token.replace("/", "\\/"),
    "URL": lambda token: "".join(f"%{ord(one):02X}" for one in token),
    "URL, as usual": lambda token: quote(token, safe=""),
    "HTML": lambda token: "".join(f"&#x{ord(one):x};" for one in token),
    "HTML, slashes": lambda token: token.replace("/", "&#x2F;"),
    "UTF-16 LE": lambda token: token.encode("utf-16-le").decode("latin-1"),
    "UTF-16 BE": lambda token: token.encode("utf-16-be").decode("latin-1"),
    "UTF-32": lambda token: token.encode("utf-32-le").decode("latin-1"),
    "UTF-16 LE, quoted": lambda token: repr(token.encode("utf-16-le"))[2:-1],
    "UTF-16 LE, quoted twice": lambda token: repr(repr(token.encode("utf-16-le"))[2:-1])[1:-1],
    "JSON, quoted": lambda token: repr("".join(f"\\u{ord(one):04x}" for one in token))[1:-1],
    "UTF-16 BE, in JSON": lambda token: "".join(f"\\u0000{one}" for one in token),
    "quoted": lambda token: "".join(f"\\x{ord(one):02x}" for one in token),
    "capitals": str.upper,
    "small letters": str.lower,
    "swapped": str.swapcase,
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_token_is_found_in_every_spelling(spell: Callable[[str], str]) -> None:
    assert Secret(CANARY).scrub(f"<{spell(CANARY)}> {CANARY}, {spell(CANARY)}") == "<[secret]> [secret], [secret]"
    assert Secret(CANARY).scrub_bytes(spell(CANARY).encode("latin-1")) == b"[secret]"


@pytest.mark.parametrize(
    ("spelling", "escape"),
    [("URL", lambda text: text.replace("%", "%25")), ("HTML", lambda text: text.replace("&", "&#x26;"))],
)
def test_a_token_beside_one_with_fewer_escapes_is_redacted_too(spelling: str, escape: Callable[[str], str]) -> None:
    """Decoding the escapes of one must not make the next one readable."""
    once = SPELLINGS[spelling](CANARY)
    twice = escape(once)
    assert Secret(CANARY).scrub(f"{CANARY} {once} {twice} {escape(twice)}") == " ".join(["[secret]"] * 4)
    deep = [CANARY, once, twice]
    for _layer in range(MAX_LAYERS):
        deep.append(escape(deep[-1]))
    assert Secret(CANARY).scrub(" ".join(deep)) == "[secret]"


@pytest.mark.parametrize("other", ["a%20b\\u0041 &#x41; \\/ \0 \\x41", "CANARY", "\\", "%", "%4", "\\u00", "&#x;"])
def test_a_text_without_the_token_is_unchanged(other: str) -> None:
    assert Secret(CANARY).scrub(other) == other


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("status", [401, 500, 200])
def test_an_echo_in_another_spelling_is_in_no_text_and_no_response(
    side: Any, script: Any, logs: Any, create: Any, status: int, spell: Callable[[str], str]
) -> None:
    spelled = spell(CANARY)
    body = f'{{"success": false, "message": "no {spelled} here"}}'.encode("latin-1")
    headers = [("X-Echo", spelled)] if spelled.isprintable() else []
    events: list[Any] = []
    client = side.client(script((status, body, headers)), token=CANARY, max_retries=0, on_event=events.append)
    for name, arguments in (("get", {"invoice_id": "inv_1"}), ("create", create)):
        with pytest.raises(PaisrError) as caught:
            side.call(client, name, **arguments)
        error = caught.value.__cause__ if isinstance(caught.value, OutcomeUnknownError) else caught.value
        response = f"{error.response.content.decode('latin-1')}{[*error.response.headers.items()]}"
        seen = f"{shown_by(caught.value)}{events}{response}{logs()}"
        for form in (spelled, repr(spelled)[1:-1], "c0ffee", "CANARY"):
            assert form not in seen


def test_a_partial_list_with_an_escaped_token_is_still_read(side: Any, script: Any) -> None:
    """The replacement of the token leaves the JSON around it valid."""
    spelled = SPELLINGS["JSON, escaped"](CANARY + '"\\')
    right, wrong = {"id": "inv_1", "status": "paid", "summary": "@"}, {"id": "inv_2", "status": 7, "summary": "@"}
    text = json.dumps({"success": True, "data": {"invoices": [right, wrong]}}).replace("@", spelled)
    client = side.client(script((200, text.encode())), token=CANARY, max_retries=0)
    with pytest.raises(UnexpectedResponseError) as caught:
        side.call(client, "list")
    (partial,), (unreadable,) = caught.value.partial, caught.value.unreadable
    assert partial.summary == '[secret]"\\'
    assert spelled[:12] not in unreadable.raw


def test_a_body_of_escapes_is_scrubbed_in_bounded_time() -> None:
    """The number of decoded escapes is bounded, so that a crafted body takes no longer than another."""
    for one in ("\\u0073", "%73", "&#x73;", "\\x73"):
        text = one * (MAX_UNESCAPED + 5)
        assert _unescaped(text) == "s" * MAX_UNESCAPED + one * 5


def test_a_refused_connection_shows_no_secret(side: Any, logs: Any, create: Any) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for settings in (
        {"base_url": f"http://127.0.0.1:{port}/v2"},
        {"base_url": "http://127.0.0.1:9/v2", "proxy": f"http://user:{PASSWORD}@127.0.0.1:{port}"},
        {"base_url": "https://api.example/v2", "proxy": f"http://user:{PASSWORD}@127.0.0.1:{port}"},
    ):
        client = side.client(token=CANARY, max_retries=0, **settings)
        for name, arguments in (("get", {"invoice_id": "inv_1"}), ("create", create)):
            with pytest.raises(PaisrError) as caught:
                side.call(client, name, **arguments)
            assert caught.value.outcome == "not_sent"
            assert caught.value.__cause__ is not None
            assert_hidden(shown_by(caught.value))
    assert_hidden(logs())


def test_an_exchange_logs_no_secret(side: Any, raw_server: Any, logs: Any) -> None:
    def talk(server: Any, connection: Any) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        while server.read(connection):
            body = b'{"success": true, "data": {"id": "inv_1", "status": "paid"}}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    server = raw_server(talk)
    client = side.client(token=CANARY, base_url=server.url, proxy=f"http://user:{PASSWORD}@{server.url[7:-3]}")
    assert side.call(client, "get", "inv_1").id == "inv_1"
    assert b"proxy-authorization: basic" in server.requests[0].lower()
    assert CANARY.encode() not in server.requests[0]
    assert CANARY.encode() in server.requests[1]
    assert b"proxy-authorization" not in server.requests[1].lower()
    assert_hidden(logs())


LOGIN = f"user:{PASSWORD}"
BASIC = b64encode(LOGIN.encode()).decode()
WORDS = f"{PASSWORD} {BASIC} {quote(PASSWORD)} {CANARY}"
OK = '{"success": true, "data": {"id": "inv_1", "status": "paid"}}'
REFUSED = '{"success": false, "message": "no"}'
PROXY_ECHOES = {
    "the status line": f"HTTP/1.1 {WORDS}\r\n\r\n",
    "the protocol": f"{WORDS} 200 OK\r\n\r\n",
    "the reason": f"HTTP/1.1 407 {WORDS}\r\nContent-Length: 0\r\n\r\n",
    "a header line": f"HTTP/1.1 407 No\r\n{WORDS}\r\n\r\n",
    "headers": f"HTTP/1.1 407 No\r\nX-Request-Id: {WORDS}\r\nX-{PASSWORD}: {BASIC}\r\nContent-Length: 0\r\n\r\n",
    "the length": f"HTTP/1.1 200 OK\r\nContent-Length: {PASSWORD}\r\n\r\n",
    "the encoding": f"HTTP/1.1 200 OK\r\nContent-Encoding: {WORDS}\r\nContent-Length: 0\r\n\r\n",
    "a chunk's size": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{WORDS}\r\n",
    "a page": f"HTTP/1.1 407 No\r\nContent-Length: 1000\r\n\r\n{WORDS:1000}",
    "a message": REFUSED.replace("no", WORDS),
    "an id": OK.replace("inv_1", WORDS),
    "a status": OK.replace('"paid"', f'["{WORDS}"]'),
}


@pytest.mark.parametrize(
    ("base_url", "opens"),
    [("https://api.example/v2", False), ("http://127.0.0.1:9/v2", False), ("http://127.0.0.1:9/v2", True)],
    ids=["over TLS", "plain", "inside the tunnel"],
)
@pytest.mark.parametrize("echo", PROXY_ECHOES.values(), ids=PROXY_ECHOES)
def test_an_echo_of_the_proxys_login_is_not_repeated(
    side: Any, raw_server: Any, logs: Any, create: Any, base_url: str, opens: bool, echo: str
) -> None:
    """The proxy responds to the request for a tunnel, or opens one and responds inside it in place of the service."""
    if echo.startswith("{"):
        echo = f"HTTP/1.1 {200 if 'true' in echo else 407} OK\r\nContent-Length: {len(echo)}\r\n\r\n{echo}"

    def talk(server: Any, connection: Any) -> None:
        if opens and server.read(connection):
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        if server.read(connection):
            connection.sendall(echo.encode())

    server = raw_server(talk)
    events: list[Any] = []
    proxy = f"http://{LOGIN}@{server.url[7:-3]}"
    client = side.client(token=CANARY, base_url=base_url, proxy=proxy, max_retries=0, on_event=events.append)
    for name, arguments in (("get", {"invoice_id": "inv_1"}), ("create", create)):
        with pytest.raises(PaisrError) as caught:
            side.call(client, name, **arguments)
        cause = caught.value.__cause__ if isinstance(caught.value, OutcomeUnknownError) else caught.value
        response = getattr(cause, "response", None)
        carried = "" if response is None else f"{response.content!r}{[*response.headers.items()]}"
        for shown in (shown_by(caught.value), shown_by(pickle.loads(pickle.dumps(caught.value))), carried):
            assert_hidden(shown)
            assert BASIC not in shown
    assert BASIC.encode() in server.requests[0]
    assert_hidden(f"{events}{logs()}")
    assert BASIC not in f"{events}{logs()}"


def test_a_proxys_login_is_hidden_with_a_short_password_and_without_one() -> None:
    assert with_login(Secret(CANARY), Secret("http://user:pass@p.example")).scrub("of user:pass") == "of [secret]"
    hidden = with_login(Secret(CANARY), Secret("http://user-c0ffee@127.0.0.1:3128"))
    assert hidden.scrub(f"user-c0ffee {CANARY} dXNlci1jMGZmZWU6") == "[secret] [secret] [secret]"
    for proxy in ("http://127.0.0.1:3128", "http://user:pa55word@[::1"):
        assert with_login(hidden, Secret(proxy)) is hidden


def test_the_logs_of_a_users_transport_have_no_echoed_token(side: Any, raw_server: Any, logs: Any) -> None:
    def talk(server: Any, connection: Any) -> None:
        server.read(connection)
        connection.sendall(f"HTTP/1.1 404 No\r\nX-Echo: {CANARY}\r\nContent-Length: 0\r\n\r\n".encode())

    transport = httpx.HTTPTransport() if side.name == "sync" else httpx.AsyncHTTPTransport()
    client = side.client(token=CANARY, base_url=raw_server(talk).url, transport=transport)
    with pytest.raises(PaisrError):
        side.call(client, "get", "inv_1")
    assert "receive_response_headers" in logs()
    assert_hidden(logs())


def raising(kind: Any) -> Any:
    """A handler that raises KIND while it handles another exception; its frames hold the headers."""

    def response(request: httpx.Request) -> httpx.Response:
        return inner(request, kind)

    return response


def inner(request: httpx.Request, kind: Any) -> httpx.Response:
    try:
        raise ValueError("first")
    except ValueError as error:
        raise kind("then") from error


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, RuntimeError, OSError, httpx.ReadError])
def test_an_exception_from_a_transport_is_raised_without_the_frames_that_hold_the_token(
    side: Any, script: Any, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setitem(globals(), "THIS_FILE", "")  # so that the frames of the transport are searched as well
    client = side.client(script(raising(kind)), token=CANARY, max_retries=0)
    caught: BaseException | None = None
    try:
        side.call(client, "get", "inv_1")
    except BaseException as error:
        caught = error
    assert isinstance(caught, PaisrError if issubclass(kind, OSError | httpx.ReadError) else kind)
    frames = [frame.f_code.co_name for one in (caught, caught.__context__, caught.__cause__) if one is not None
              for frame, _line in traceback.walk_tb(one.__traceback__)]  # fmt: skip
    assert "inner" not in frames
    assert "handle_request" not in frames


def test_reveal_returns_the_secret() -> None:
    secret = Secret("aaaa/bbb")
    assert (secret.reveal(), repr(secret), str(secret)) == ("aaaa/bbb", "Secret('…')", "Secret('…')")
    assert secret.scrub("x aaaa/bbb aaaa\\/bbb y") == "x [secret] [secret] y"
    assert Secret("").scrub("abc") == "abc"
    assert (Secret(7).is_text, Secret(7).kind, Secret(7).reveal()) == (False, "an int", "")


@pytest.mark.parametrize("word", ["t", "refused", "secret"])
def test_a_short_secret_is_not_searched_for(word: str) -> None:
    assert Secret(word).scrub("Connection refused: secret") == "Connection refused: secret"


def test_a_replacement_is_not_replaced_again() -> None:
    assert Secret("[secret]").scrub("a [secret] b") == "a [secret] b"
    assert Secret("secret]/").scrub("secret]/secret]\\/") == "[secret][secret]"
