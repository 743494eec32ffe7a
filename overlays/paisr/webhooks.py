"""Verify and read webhook deliveries. Needs nothing but the standard library.

    event = paisr.webhooks.verify(
        request.body,               # the raw bytes, as they came
        headers=request.headers,    # a mapping of any framework's kind, or pairs, as ASGI has them
        secret=os.environ["PAISR_WEBHOOK_SECRET"],
    )

Without a 2XX response the service sends a delivery again, up to 10 times (vendor's documentation), so the same event
can arrive more than once: remember the pairs ``(event.id, event.event)`` that your program has handled.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, cast, overload

from paisr._base.errors import ConfigurationError, WebhookError
from paisr._base.secrets import Secret
from paisr._base.texts import type_name
from paisr._inputs.deliveries import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    HasItems,
    Pairs,
    from_headers,
    other_forms,
    signature_bytes,
    signing_time,
    timestamp_text,
)

__all__ = [
    "INVOICE_CREATED",
    "INVOICE_PAID",
    "INVOICE_REMOVED",
    "SIGNATURE_HEADER",
    "TIMESTAMP_HEADER",
    "WebhookEvent",
    "sign",
    "verify",
]

# The names are the vendor's (public documentation).
INVOICE_CREATED: Final = "invoice.created"
INVOICE_PAID: Final = "invoice.paid"
INVOICE_REMOVED: Final = "invoice.removed"


class WebhookEvent(NamedTuple):
    """The event of a delivery whose signature is valid.

    `id`: the resource, such as ``"inv_123456"``. `event`: the name of the event, such as `INVOICE_PAID`; a name that
    this version does not know is kept as it is. `timestamp`: when the delivery was signed (aware, UTC). `body`: the raw
    bytes. The same event can arrive more than once: ``(id, event)`` identifies it.
    """

    id: str
    event: str
    timestamp: datetime
    body: bytes


@overload
def verify(
    body: bytes,
    *,
    signature: None = None,
    timestamp: None = None,
    headers: HasItems | Pairs,
    secret: str | Iterable[str],
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
) -> WebhookEvent: ...
@overload
def verify(
    body: bytes,
    *,
    signature: str | bytes | None,
    timestamp: str | bytes | int | None,
    headers: None = None,
    secret: str | Iterable[str],
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
) -> WebhookEvent: ...
def verify(
    body: bytes,
    *,
    signature: str | bytes | None = None,
    timestamp: str | bytes | int | None = None,
    headers: HasItems | Pairs | None = None,
    secret: str | Iterable[str],
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
) -> WebhookEvent:
    """Verify the signature of a delivery and return its event; a `WebhookError` says why it is not to be trusted.

    `body`: the raw bytes of the request, before anything has parsed them. `headers`: those of the request, as text or
    bytes, with names in any case. Instead of them, `signature` and `timestamp`: the values of ``X-PCB-Signature`` and
    ``X-PCB-Timestamp``, None when missing; hexadecimal digits may be in either case. `secret`: the webhook's secret, or
    several during a rotation, one of which must match. `tolerance`: the seconds by which the timestamp may lie in the
    past or in the future. `now`: the wall clock, in seconds since 1970.

    The error's `reason` is one of ``"missing"`` (a header), ``"signature"``, ``"timestamp"`` and ``"body"``. The
    signature is verified before the age, so a delivery that is too old or too new is genuine: it is a replay, or a
    clock is wrong. An invalid secret, tolerance or `headers` is a `ConfigurationError`: the delivery is not at fault,
    so do not respond to it with a 400.
    """
    secrets = _wrapped(secret)
    del secret  # a traceback from here on must not show it among its locals
    _check_arguments(body, secrets, tolerance)
    if headers is not None:
        if signature is not None or timestamp is not None:
            raise ConfigurationError("signature and timestamp are in the headers already; give either, not both.")
        signature, timestamp = cast("tuple[str | None, str | None]", from_headers(headers))
    raw, stamp = bytes(body), timestamp_text(timestamp)
    signed_at = signing_time(stamp)
    given = signature_bytes(signature)
    if not _matches(given, stamp, raw, secrets):
        raise WebhookError(_why_not(given, stamp, raw, secrets), reason="signature")
    age = now() - signed_at
    if not abs(age) <= tolerance:
        when = f"{age:.0f} s in the past" if age > 0 else f"{-age:.0f} s in the future"
        raise WebhookError(
            f"The delivery is genuine, but was signed {when}, and {tolerance:g} s are allowed: refuse it as a replay, "
            "or correct this machine's clock.",
            reason="timestamp",
        )
    return _read(raw, datetime.fromtimestamp(signed_at, UTC))


def sign(body: bytes, *, timestamp: str | int, secret: str) -> str:
    """Sign a delivery as the service does, for tests; returns 64 hexadecimal digits.

    HMAC-SHA256, keyed with the secret, over the timestamp, a full stop and the raw body (vendor's documentation).
    Raises the errors that `verify` raises.
    """
    secrets = _wrapped(secret)
    del secret
    _check_arguments(body, secrets, 0)
    stamp = timestamp_text(timestamp)
    return _mac(secrets[0], stamp, bytes(body)).hex()


def _wrapped(given: object) -> tuple[Secret, ...]:
    """Wrap the secrets before they are checked: no traceback can then show one."""
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes, bytearray)):
        return tuple(Secret(one) for one in cast("Iterable[object]", given))
    return (Secret(given),)


def _check_arguments(body: object, secrets: tuple[Secret, ...], tolerance: object) -> None:
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise WebhookError(
            f"The body is {type_name(body)}, not the bytes that were signed: pass the raw bytes of the request, "
            "from before it was decoded or parsed.",
            reason="body",
        )
    if not secrets:
        raise ConfigurationError("There is no secret: pass the webhook's secret, or several.")
    for secret in secrets:
        if not secret.is_text:
            raise ConfigurationError(f"A secret is {secret.kind}; give it as text.")
        if not secret.reveal().strip():
            raise ConfigurationError("A secret is empty, so anybody could sign with it; pass the webhook's secret.")
        # Not by an exception, which would have the secret among its attributes.
        if secret.reveal().encode(errors="ignore").decode() != secret.reveal():
            raise ConfigurationError("A secret has a lone surrogate in it; read it again from its source.")
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance < float("inf"):
        raise ConfigurationError(
            f"tolerance={tolerance!r} is not a number of seconds, zero or more; give one such as 300."
        )


def _mac(secret: Secret, stamp: str, body: bytes) -> bytes:
    return hmac.digest(secret.reveal().encode(), stamp.encode() + b"." + body, "sha256")


def _matches(given: bytes, stamp: str, body: bytes, secrets: Iterable[Secret]) -> bool:
    """Whether any secret made this signature. It tries all, each in constant time, so the time reveals nothing."""
    return sum(hmac.compare_digest(given, _mac(secret, stamp, body)) for secret in secrets) > 0


def _why_not(given: bytes, stamp: str, body: bytes, secrets: tuple[Secret, ...]) -> str:
    """A sentence about a signature that does not match, with the cause if it can be found."""
    for other, cause in other_forms(body):
        if _matches(given, stamp, other, secrets):
            return cause
    if _matches(given, stamp, body, [Secret(secret.reveal().strip()) for secret in secrets]):
        return "The signature matches a secret without the white space around it; remove that from the secret."
    return (
        "The signature does not match: the delivery is forged or was changed on its way, "
        "or it was signed with another secret than those given."
    )


def _read(body: bytes, signed_at: datetime) -> WebhookEvent:
    try:
        value: Any = json.loads(body.decode())
    except (ValueError, RecursionError):
        value = None
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    name, event = fields.get("id"), fields.get("event")
    if not (isinstance(name, str) and name and isinstance(event, str) and event):
        raise WebhookError(
            "The delivery is genuine, but its body is not a JSON object with an id and an event, as text; the "
            'documentation shows {"id": "inv_123456", "event": "invoice.paid"}.',
            reason="body",
        )
    return WebhookEvent(id=name, event=event, timestamp=signed_at, body=body)
