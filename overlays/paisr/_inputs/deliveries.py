"""Reads the headers and the body of a webhook delivery, in every form that frameworks and gateways pass on."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, Protocol, runtime_checkable

from paisr._base.errors import ConfigurationError, WebhookError
from paisr._base.texts import type_name

# The names are the vendor's (public documentation); the first has an older name, on an older page.
SIGNATURE_HEADER: Final = "X-PCB-Signature"
TIMESTAMP_HEADER: Final = "X-PCB-Timestamp"
OLDER_SIGNATURE_HEADER = "X-Paisr-Signature"

# Whether timestamps are seconds or milliseconds is not documented, so both are taken and told apart by size (inferred):
# 10^11 seconds is the year 5138, 10^11 milliseconds is 1973.
_FIRST_MILLISECONDS = 10**11
_TIMESTAMP_END = 10**14
_TIMESTAMP = re.compile(r"[0-9]{1,14}")
_SIGNATURE = re.compile(r"[0-9A-Fa-f]{64}")
# Bytes. A larger body whose signature does not match is not parsed to explain why: a forgery must not cause much work.
_MAX_EXPLAINED = 16_384

Pairs = Iterable[tuple[str | bytes, str | bytes]]


@runtime_checkable
class HasItems(Protocol):
    """A mapping of headers, as any framework has it."""

    def items(self) -> Pairs: ...


def from_headers(headers: object) -> tuple[object, object]:
    """The values of the signature and timestamp headers, None when missing; names in any case."""
    try:
        pairs: Any = headers.items() if isinstance(headers, HasItems) else headers
        values: dict[str, object] = {_text(name).lower(): value for name, value in pairs}
    except (TypeError, ValueError, AttributeError):
        raise ConfigurationError(
            f"headers is {type_name(headers)}; give the request's headers, as a mapping or as pairs."
        ) from None
    names = (SIGNATURE_HEADER, OLDER_SIGNATURE_HEADER, TIMESTAMP_HEADER)
    signature, older, timestamp = (values.get(name.lower()) for name in names)
    return older if signature is None else signature, timestamp


def _text(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _header_text(given: object, name: str) -> str:
    """A header's value without the white space around it; "" if it is not text."""
    if given is None or given in ("", b""):
        raise WebhookError(f"The delivery has no {name} header.", reason="missing")
    text = _text(given)
    return text.strip(" \t") if isinstance(text, str) else ""


def timestamp_text(given: object) -> str:
    """The timestamp as it was signed."""
    text = _header_text(given, TIMESTAMP_HEADER)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < _TIMESTAMP_END:
        text = str(given)
    if not _TIMESTAMP.fullmatch(text):
        raise WebhookError(
            f"The timestamp ({type_name(given)}) is not a whole number of seconds or milliseconds since 1970, "
            f"as text; pass the value of {TIMESTAMP_HEADER}.",
            reason="timestamp",
        )
    return text


def signing_time(stamp: str) -> float:
    """The timestamp in seconds since 1970."""
    number = int(stamp)
    return number / 1000 if number >= _FIRST_MILLISECONDS else float(number)


def signature_bytes(given: object) -> bytes:
    """The 32 bytes of a signature."""
    text = _header_text(given, SIGNATURE_HEADER)
    if not _SIGNATURE.fullmatch(text):
        raise WebhookError(
            f"The signature ({type_name(given)}) is not 64 hexadecimal digits, as text; "
            f"pass the value of {SIGNATURE_HEADER}.",
            reason="signature",
        )
    return bytes.fromhex(text)


def other_forms(body: bytes) -> Iterator[tuple[bytes, str]]:
    """Bodies that may have been signed in place of this one, each with a sentence about what happened to it."""
    if len(body) > _MAX_EXPLAINED:
        return
    with suppress(ValueError):
        plain = base64.b64decode(b"".join(body.split()).translate(bytes.maketrans(b"-_", b"+/")), validate=True)
        yield (
            plain,
            "The signature matches this body decoded from base64: a gateway encoded it; decode it, then verify it.",
        )
    rewritten = (
        "The signature does not match this body, but it matches the same JSON in another format: the body looks "
        "re-serialised; pass the raw bytes of the request, from before it was parsed."
    )
    for end in (b"", b"\n", b"\r\n"):
        yield body.strip() + end, rewritten
    # As other encoders write it: with and without spaces and escapes.
    with suppress(ValueError, RecursionError):
        value = json.loads(body.decode())
        for separators in ((",", ":"), (", ", ": ")):
            for ascii_only in (True, False):
                yield json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode(), rewritten
