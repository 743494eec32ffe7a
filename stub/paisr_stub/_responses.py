"""Responses, and the refusals that become responses. Every body is in the documented envelope."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from paisr_stub import _exact


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response before it is sent."""

    status: int
    body: bytes
    content_type: str | None = "application/json"
    headers: tuple[tuple[str, str], ...] = field(default=())


class Refused(Exception):
    """A request that is refused: a status, one sentence, and headers where the status needs them."""

    def __init__(self, status: int, message: str, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers

    def response(self) -> Response:
        return failure(self.status, self.message, headers=self.headers)


def success(data: object) -> Response:
    """`{"success": true, "data": …}` with status 200, which is the only success the documentation shows."""
    return Response(200, _exact.dumps({"success": True, "data": data}))


def failure(status: int, message: str | None = None, *, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """`{"success": false, "message": …}`; without a message it says what the status means."""
    text = phrase(status) if message is None else message
    return Response(status, _exact.dumps({"success": False, "message": text}), headers=headers)


def phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}."
    except ValueError:
        return f"Status {status}."
