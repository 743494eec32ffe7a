"""Faults between the first byte of the request and the last of the response: resets, silence, floods, invalid HTTP."""

from __future__ import annotations

import gzip
import socket
import zlib

from declarations import (
    CREATE,
    SHORT_TIMEOUT,
    TOKEN,
    Expect,
    Expects,
    Fault,
    broken,
    late,
    off_contract,
    rejected,
    success,
)
from server import (
    Behaviour,
    Connection,
    Received,
    after_request,
    always,
    as_json,
    cut,
    http,
    right_data,
    right_response,
)

BODY = b'{"success": true, "data": {"id": "inv_123", "status": "paid"}}'
HEAD = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n".encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GIGABYTE = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"
GZIPPED = "Content-Encoding: gzip"
ZEROS = bytes(2**20)


def silent_after(response: bytes) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.send(response)
        connection.hold()

    return after_request(behave)


def dripping(before: bytes, over_and_over: bytes, seconds: float = 0.05) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.send(before)
        connection.drip(over_and_over, seconds)

    return after_request(behave)


def endless(before: bytes, over_and_over: bytes) -> Behaviour:
    """Send without end, as fast as the client reads."""

    def behave(connection: Connection) -> None:
        connection.send(before)
        while not connection.server.stopping.is_set():
            connection.send(over_and_over)

    return after_request(behave)


def bomb(connection: Connection) -> None:
    """A gzip bomb: a mebibyte on the wire, a gibibyte when it is decompressed."""
    squeeze = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    connection.send(http(200, b"", GZIPPED, length=False))
    for _ in range(1024):
        connection.send(squeeze.compress(ZEROS))
    connection.send(squeeze.flush())
    connection.fin()


def reset_at_first_byte(connection: Connection) -> None:
    connection.socket.recv(1)
    connection.reset()


def hang_up_unread(connection: Connection) -> None:
    connection.socket.recv(1, socket.MSG_PEEK)
    connection.socket.shutdown(socket.SHUT_WR)
    connection.wait_for_stop()


def gzipped(data: bytes) -> Behaviour:
    return always(http(200, data, GZIPPED))


def gzipped_right(received: Received) -> bytes:
    return http(200, gzip.compress(right_response(received).partition(b"\r\n\r\n")[2]), GZIPPED)


def chunked(response: bytes) -> bytes:
    """The same response, its body in one chunk."""
    body = response.partition(b"\r\n\r\n")[2]
    return CHUNKED + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


BROKEN = [
    Fault("reset before the request is read", broken(reads=0), reset_at_first_byte),
    Fault("hang-up before the request is read", broken(reads=0), hang_up_unread),
    Fault("reset after the request", broken(), after_request(Connection.reset)),
    Fault("hang-up after the request (FIN)", broken(), after_request(Connection.fin)),
    Fault("silence after the request", late(), after_request(Connection.hold), timeout=SHORT_TIMEOUT),
    Fault(
        "request is not read (write time-out)",
        {"create": Expect(0, "OutcomeUnknownError", "unknown", cause="APITimeoutError")},
        Connection.wait_for_stop,
        receive_buffer=4096,
        timeout=3.0,
        arguments=CREATE | {"summary": "x" * 8_000_000},
    ),
    Fault("half a head, then silence", late(), silent_after(HEAD[:20]), timeout=SHORT_TIMEOUT),
    Fault("half a body, then silence", late(), silent_after(HEAD + b"\r\n" + BODY[:20]), timeout=SHORT_TIMEOUT),
    Fault("truncated body", broken(), cut(HEAD + b"\r\n" + BODY[:20])),
    Fault("cut chunk", broken(), cut(CHUNKED + b"ff\r\n" + BODY[:20])),
    Fault("chunks without an end", broken(), cut(CHUNKED + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n")),
    Fault("chunk size is no number", broken(), cut(CHUNKED + b"zz\r\n" + BODY)),
    Fault("garbage status line", broken(), cut(b"\x00\x01\x02 what is this\r\n\r\n")),
    Fault("status that is no number", broken(), cut(b"HTTP/1.1 abc OK\r\n\r\n")),
    Fault("no status line and no headers", broken(), cut(BODY)),
    Fault("another protocol's greeting", broken(), cut(b"SSH-2.0-OpenSSH_9.6\r\n")),
    Fault("HTTP/2 in response to HTTP/1.1", broken(), cut(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18))),
    Fault("two different lengths", broken(), cut(HEAD + b"Content-Length: 7\r\n\r\n" + BODY)),
    Fault("length is no number", broken(), cut(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + BODY)),
    Fault("negative length", broken(), cut(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + BODY)),
    Fault("zero byte in a header", broken(), cut(HEAD + b"X-Zero: \x00\r\n\r\n" + BODY)),
]
DRIPS = [
    Fault("status line drips", late(), dripping(b"HTTP/1.1 200 ", b"O"), timeout=SHORT_TIMEOUT),
    Fault("header drips", late(), dripping(HEAD + b"X-Long: ", b"a"), timeout=SHORT_TIMEOUT),
    Fault("body drips", late(), dripping(HEAD.replace(b": ", b": 9") + b"\r\n", b" "), timeout=SHORT_TIMEOUT),
    Fault("chunks drip", late(), dripping(CHUNKED, b"1\r\n \r\n"), timeout=SHORT_TIMEOUT),
    Fault("interim responses without end", late(), dripping(b"", INTERIM, 0.001), timeout=SHORT_TIMEOUT),
]
FLOODS = [
    Fault("header flood", broken(), endless(HEAD, b"X-Flood: " + b"a" * 4000 + b"\r\n")),
    Fault("one header without end", broken(), endless(HEAD + b"X-Flood: ", b"a" * 65536)),
    Fault(
        "1 GB declared and sent",
        off_contract(),
        endless(GIGABYTE, ZEROS),
    ),
    Fault(
        "1 GB declared, nothing sent",
        late(),
        silent_after(GIGABYTE),
        timeout=SHORT_TIMEOUT,
    ),
    Fault("body without end", off_contract(), endless(CHUNKED, b"100000\r\n" + ZEROS + b"\r\n")),
    Fault("gzip bomb", off_contract(), after_request(bomb)),
]
ENCODINGS = [
    Fault("gzip, as offered", success(), always(gzipped_right)),
    Fault("invalid gzip", off_contract(), gzipped(BODY)),
    Fault("gzip cut off", off_contract(), gzipped(gzip.compress(BODY)[:-9])),
    Fault("bytes after the gzip", off_contract(), gzipped(gzip.compress(BODY) + b"more")),
    Fault("encoding that was not offered", off_contract(), always(http(200, BODY, "Content-Encoding: br"))),
]


def first_then(warm: Behaviour) -> Behaviour:
    """The first connection behaves as WARM, all others are healthy."""

    def behave(connection: Connection) -> None:
        (warm if connection.number == 0 else always(right_response))(connection)

    return behave


def responded_then(then: Behaviour) -> Behaviour:
    def behave(connection: Connection) -> None:
        received = connection.request()
        if received:
            connection.send(right_response(received))
            then(connection)

    return first_then(behave)


def surplus(frame: Behaviour) -> Behaviour:
    return first_then(after_request(frame))


def _wrong(connection: Connection) -> bytes:
    """A complete response that belongs to no request."""
    return as_json({"success": True, "data": right_data(connection.server.requests[-1]) | {"id": "inv_wrong"}})


def surplus_plain(connection: Connection) -> None:
    connection.send(right_response(connection.server.requests[-1]) + _wrong(connection))
    connection.hold()


def surplus_chunked(connection: Connection) -> None:
    connection.send(chunked(right_response(connection.server.requests[-1])) + chunked(_wrong(connection)))
    connection.hold()


def surplus_late(connection: Connection) -> None:
    connection.send(right_response(connection.server.requests[-1]))
    connection.server.stopping.wait(0.01)
    connection.send(_wrong(connection))
    connection.hold()


def surplus_half(connection: Connection) -> None:
    """The first bytes of the surplus response with the first response, the rest when the next request has come."""
    wrong = _wrong(connection)
    connection.send(right_response(connection.server.requests[-1]) + wrong[:12])
    if connection.request():
        connection.send(wrong[12:])
        connection.hold()


def surplus_after_nothing(connection: Connection) -> None:
    """A surplus response after a response without a body."""
    connection.send(http(404) + _wrong(connection))
    connection.hold()


def surplus_meanwhile(connection: Connection) -> None:
    """A response to another request, 50 ms after the next request was sent, and before its own response."""
    connection.send(right_response(connection.server.requests[-1]))
    if connection.request():
        connection.server.stopping.wait(0.05)
        connection.send(_wrong(connection) + right_response(connection.server.requests[-1]))
        connection.hold()


REUSED_RESET: Expects = {
    "get": Expect(2, result="inv_123"),
    "create": Expect(1, "OutcomeUnknownError", "unknown", cause="APIConnectionError"),
}
UNREAD_RESET: Expects = {
    "get": Expect(1, result="inv_123"),
    "create": Expect(0, "OutcomeUnknownError", "unknown", cause="APIConnectionError"),
}
KEPT = [
    Fault("stale keep-alive (closed while idle)", success(), responded_then(Connection.fin), warm=True),
    Fault("stale keep-alive (reset while idle)", success(), responded_then(Connection.reset), warm=True),
    Fault("reset on a reused connection", REUSED_RESET, responded_then(after_request(Connection.reset)), warm=True),
    Fault("hang-up on a reused connection", REUSED_RESET, responded_then(after_request(Connection.fin)), warm=True),
    Fault("reused connection reset unread", UNREAD_RESET, responded_then(reset_at_first_byte), warm=True),
    Fault("surplus response, plain", success(), surplus(surplus_plain), warm=True),
    Fault("surplus response, chunked", success(), surplus(surplus_chunked), warm=True),
    Fault("surplus response, while idle", success(), surplus(surplus_late), warm=True),
    Fault("surplus response, in two halves", success(), surplus(surplus_half), warm=True),
    Fault("surplus response behind an empty one", success(), surplus(surplus_after_nothing), warm=True),
    Fault(
        "surplus response, while the next is awaited",
        {"get": Expect(1, "UnexpectedResponseError", "unknown")},
        surplus(surplus_meanwhile),
        warm=True,
    ),
    Fault(
        "connection: close, but kept open",
        success(),
        always(lambda received: right_response(received).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)),
        warm=True,
    ),
]
ECHO = TOKEN.encode()
WIDE = TOKEN.encode("utf-16-le")
URL_ESCAPED = "".join(f"%{one:02x}" for one in ECHO)
JSON_ESCAPED = "".join(f"\\u{one:04x}" for one in ECHO)
ECHOES = [
    Fault("token echoed as the status", broken(), cut(b"HTTP/1.1 " + ECHO + b" OK\r\n\r\n")),
    Fault("token echoed as the protocol", broken(), cut(ECHO + b" 200 OK\r\n\r\n")),
    Fault("token echoed as the reason", rejected("NotFoundError"), always(http(f"404 {TOKEN}"))),
    Fault("token echoed as a header line", broken(), cut(HEAD + ECHO + b"\r\n\r\n" + BODY)),
    Fault("token echoed as a header name", rejected("NotFoundError"), always(http(404, b"", f"{TOKEN}: 1"))),
    Fault("token echoed in a broken header", broken(), cut(HEAD + b"X-Echo: \x00" + ECHO + b"\r\n\r\n" + BODY)),
    Fault("token echoed as the length", broken(), cut(b"HTTP/1.1 200 OK\r\nContent-Length: " + ECHO + b"\r\n\r\n")),
    Fault("token echoed as a chunk's size", broken(), cut(CHUNKED + ECHO + b"\r\n" + BODY)),
    Fault("token echoed as the transfer coding", broken(), cut(HEAD + b"Transfer-Encoding: " + ECHO + b"\r\n\r\n")),
    Fault("token echoed as the encoding", off_contract(), always(http(200, BODY, f"Content-Encoding: {TOKEN}"))),
    Fault(
        "token echoed in a long encoding name",
        off_contract(),
        always(http(200, BODY, f"Content-Encoding: {'x' * 130}{TOKEN}")),
    ),
    Fault(
        "token echoed in headers",
        rejected("NotFoundError"),
        always(http(404, b"", f"X-Echo: {TOKEN}", f"Retry-After: {TOKEN}", f"Location: https://{TOKEN}.example/")),
    ),
    Fault("token echoed in capitals, as the status", broken(), cut(b"HTTP/1.1 " + ECHO.upper() + b" OK\r\n\r\n")),
    Fault("token echoed in UTF-16, as a header line", broken(), cut(HEAD + WIDE + b"\r\n\r\n" + BODY)),
    Fault("token echoed in UTF-16, as the body", off_contract(), always(http(200, WIDE))),
    Fault("token echoed percent-encoded, as a chunk's size", broken(), cut(CHUNKED + URL_ESCAPED.encode() + b"\r\n")),
    Fault(
        "token echoed with JSON escapes",
        rejected("NotFoundError"),
        always(http(404, f'{{"success": false, "message": "{JSON_ESCAPED}"}}'.encode(), f"X-Echo: {JSON_ESCAPED}")),
    ),
]
WIRE = [*BROKEN, *DRIPS, *FLOODS, *ENCODINGS, *KEPT, *ECHOES]
