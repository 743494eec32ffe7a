"""The claims of a token that is a JWT: decoded, not verified, and without its signature."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from paisr_cli.doctor.findings import Finding, note, ok, wrong

# The scope for reading invoices (shown on the vendor's pages).
NEEDED = "invoices.read"
SOON = timedelta(days=7)
_SCOPE = re.compile(r"[A-Za-z][\w.:*/-]{0,60}")


def look_at_token(token: str, now: datetime) -> Iterator[Finding]:
    """Its expiry and its scopes."""
    claims = claims_of(token)
    if claims is None:
        yield note("token", "form", "is not a JWT, so nothing can be read from it")
        return
    yield _expiry(claims.get("exp"), now)
    scopes = _scopes(claims)
    if not scopes:
        yield note("token", "scopes", "it names none")
    elif NEEDED in scopes:
        yield ok("token", "scopes", ", ".join(scopes))
    else:
        yield note("token", "scopes", f"{', '.join(scopes)}; {NEEDED} is not among them, and reading needs it")


def claims_of(token: str) -> dict[str, Any] | None:
    """The claims of a JWT; None for another token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else None


def _expiry(given: object, now: datetime) -> Finding:
    if given is None:
        return note("token", "expiry", "it names none")
    try:
        ends = datetime.fromtimestamp(float(cast("float", given)), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return note("token", "expiry", "it names an invalid time")
    when = f"{ends:%Y-%m-%d %H:%M:%SZ} (decoded, not verified)"
    if ends <= now:
        return wrong("token", "expiry", f"it expired at {when}; make a new one in the Paisr dashboard")
    return (note if ends - now < SOON else ok)("token", "expiry", when)


def _scopes(claims: dict[str, Any]) -> list[str]:
    """By the names that JWTs commonly have them under; which one the service uses is not documented."""
    given = next((claims[name] for name in ("scope", "scopes", "scp") if name in claims), ())
    listed = given.split() if isinstance(given, str) else given
    names = cast("list[object]", listed) if isinstance(listed, list) else []
    return [one for one in names if isinstance(one, str) and _SCOPE.fullmatch(one)]
