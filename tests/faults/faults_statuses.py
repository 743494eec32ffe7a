"""Faults that are responses: every kind of status, redirects, and values of `Retry-After`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from declarations import TOKEN, Expect, Expects, Fault, Target, ambiguous, broken, off_contract, rejected, success
from server import (
    Connection,
    FaultServer,
    always,
    as_json,
    healthy,
    http,
    in_turn,
    right_response,
)

REFUSAL = {"success": False, "message": "No."}
HTML = b"<!doctype html><title>Bad Gateway</title><h1>502 Bad Gateway</h1>"


def error(status: int, *headers: str) -> bytes:
    return as_json(REFUSAL, status, *headers)


def server_error(reads: int = 3) -> Expects:
    return ambiguous("ServerError", reads)


def other_host(server: FaultServer) -> Target:
    server.elsewhere = server.cleanup.enter_context(FaultServer(healthy))
    return Target(server.url)


def redirect(status: int) -> Fault:
    def behave(connection: Connection) -> None:
        while received := connection.request():
            assert connection.server.elsewhere is not None
            place = f"http://localhost:{connection.server.elsewhere.port}{received.target}"
            connection.send(http(status, b"", f"Location: {place}"))

    return Fault(f"redirect to another host ({status})", ambiguous("APIStatusError"), behave, arrange=other_host)


STATUSES = [
    Fault("400", rejected("BadRequestError"), always(error(400))),
    Fault("401", rejected("AuthenticationError"), always(error(401))),
    Fault("403", rejected("PermissionDeniedError"), always(error(403))),
    Fault("404", rejected("NotFoundError"), always(error(404))),
    Fault("409", rejected("ConflictError"), always(error(409))),
    Fault("422", rejected("UnprocessableEntityError"), always(error(422))),
    Fault("418, not documented", rejected("APIStatusError"), always(error(418))),
    Fault("404 without a body", rejected("NotFoundError"), always(http(404))),
    Fault("400 with success true", rejected("BadRequestError"), always(as_json({"success": True, "data": None}, 400))),
    Fault(
        "401 that echoes the token",
        rejected("AuthenticationError"),
        always(as_json({"success": False, "message": f"bad token {TOKEN}"}, 401)),
    ),
    Fault(
        "401 that echoes the token in a header",
        rejected("AuthenticationError"),
        always(error(401, f"WWW-Authenticate: Bearer {TOKEN}")),
    ),
    Fault("408", ambiguous("APIStatusError", reads=3), always(error(408))),
    Fault("500", server_error(), always(error(500))),
    Fault(
        "500 that echoes the request",
        server_error(),
        always(lambda received: http(500, b"<pre>" + received.head + received.body + b"</pre>")),
    ),
    Fault("502 in HTML", server_error(), always(http(502, HTML, "Content-Type: text/html"))),
    Fault("503", server_error(), always(error(503))),
    Fault(
        "503, then healthy",
        {
            "get": Expect(2, result="inv_123"),
            "create": Expect(1, "OutcomeUnknownError", "unknown", cause="ServerError"),
        },
        in_turn(error(503), right_response),
    ),
    Fault("500 with a broken gzip", server_error(), always(http(500, HTML, "Content-Encoding: gzip"))),
    Fault("520 from a gateway", server_error(), always(http(520, HTML))),
    Fault("599", server_error(), always(http(599))),
    Fault("999", server_error(), always(http(999))),
    Fault("204", off_contract(), always(http(204, length=False))),
    Fault(
        "202 with the right body",
        success(),
        always(lambda received: right_response(received).replace(b" 200 ", b" 202 ")),
    ),
    Fault("206 with half a body", off_contract(), always(http(206, b'{"success": true, "data": {"id": "inv_'))),
    Fault("101, switching protocols", broken(), always(http(101, b"", "Upgrade: websocket", length=False))),
    Fault("300", ambiguous("APIStatusError"), always(http(300))),
    Fault("304", ambiguous("APIStatusError"), always(http(304, length=False))),
    *map(redirect, (301, 302, 303, 307, 308)),
    Fault("redirect without Location", ambiguous("APIStatusError"), always(http(302))),
]


def limited(name: str, wait: str | None, *pauses: float) -> Fault:
    """429 to every request. PAUSES: the pause before each retry; none when the wait outlasts the deadline."""
    headers = () if wait is None else (f"Retry-After: {wait}",)
    times = len(pauses) + 1
    expected = Expect(times, "RateLimitError", "rejected", pauses=pauses)
    return Fault(f"429, {name}", {"get": expected, "create": expected}, always(error(429, *headers)))


def at(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
IN_A_DAY = datetime.now(UTC) + timedelta(days=1)
LIMITED = [
    limited("no Retry-After", None, 0.0, 0.0),
    limited("Retry-After 2", "2", 2.0, 2.0),
    limited("Retry-After 0", "0", 0.0, 0.0),
    limited("Retry-After a date in the past", at(LONG_AGO), 0.0, 0.0),
    limited("Retry-After tomorrow's date", at(IN_A_DAY)),
    limited("Retry-After garbage", "soon, perhaps", 0.0, 0.0),
    limited("Retry-After nan", "nan", 0.0, 0.0),
    limited("Retry-After inf", "inf", 0.0, 0.0),
    limited("Retry-After negative", "-5", 0.0, 0.0),
    limited("Retry-After with a digit outside ASCII", "²", 0.0, 0.0),
    limited("Retry-After year 100000", "Fri, 01 Jan 100000 00:00:00 GMT", 0.0, 0.0),
    limited("Retry-After a day", "86400"),
    limited("Retry-After of 400 digits", "9" * 400),
    Fault(
        "429, then healthy",
        {
            "get": Expect(2, result="inv_123"),
            "create": Expect(2, result="inv_created"),
        },
        in_turn(error(429), right_response),
    ),
    Fault(
        "429, then 500",
        {
            "get": Expect(3, result="inv_123"),
            "create": Expect(2, "OutcomeUnknownError", "unknown", cause="ServerError"),
        },
        in_turn(error(429), error(500), right_response),
    ),
]
RESPONSES = [*STATUSES, *LIMITED]
