"""What goes out: an answer, and the refusal that becomes one. Every body is in the documented envelope."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from paisr_stub import _exact


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer before it is sent."""

    status: int
    body: bytes
    content_type: str | None = "application/json"
    headers: tuple[tuple[str, str], ...] = field(default=())


class Refused(Exception):
    """A request that is answered with an error: a status, one sentence, and headers where the status wants them."""

    def __init__(self, status: int, message: str, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers

    def answer(self) -> Answer:
        return failure(self.status, self.message, headers=self.headers)


def success(data: object) -> Answer:
    """`{"success": true, "data": …}` with status 200, which is the only success the documentation shows."""
    return Answer(200, _exact.dumps({"success": True, "data": data}))


def failure(status: int, message: str | None = None, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """`{"success": false, "message": …}`; without a message it says what the status means."""
    text = phrase(status) if message is None else message
    return Answer(status, _exact.dumps({"success": False, "message": text}), headers=headers)


def phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}."
    except ValueError:
        return f"Status {status}."
