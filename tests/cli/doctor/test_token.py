"""The claims of a token: form, expiry and scopes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from paisr_cli.doctor.token import look_at_token

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def claims_shown(claims: object) -> dict[str, tuple[str, str]]:
    middle = claims if isinstance(claims, str) else base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return {one.place: (one.verdict, one.text) for one in look_at_token(f"e30.{middle.rstrip('=')}.sig", NOW)}


@pytest.mark.parametrize("claims", ["%%%", [], "bm90IGpzb24", 7, "WzFd" * 3])
def test_an_invalid_jwt_has_no_claims(claims: object) -> None:
    assert claims_shown(claims) == {"form": ("note", "is not a JWT, so nothing can be read from it")}


def test_an_opaque_token_has_no_claims() -> None:
    assert [one.place for one in look_at_token("stub_0123", NOW)] == ["form"]


@pytest.mark.parametrize(
    ("exp", "verdict", "text"),
    [
        (NOW.timestamp() - 1, "wrong", "it expired at 2026-11-30 23:59:59Z"),
        (NOW.timestamp() + 86_400, "note", "2026-12-02 00:00:00Z"),
        (1_900_000_000, "ok", "2030-03-17 17:46:40Z"),
        (None, "note", "names none"),
        ("soon", "note", "an invalid time"),
        (1e300, "note", "an invalid time"),
        ([], "note", "an invalid time"),
    ],
)
def test_the_expiry_is_shown_with_its_verdict(exp: object, verdict: str, text: str) -> None:
    found = claims_shown({"exp": exp})["expiry"]
    assert (found[0], text in found[1]) == (verdict, True)


@pytest.mark.parametrize(
    ("claims", "verdict", "text"),
    [
        ({"scope": "invoices.read other"}, "ok", "invoices.read, other"),
        ({"scopes": ["invoices.read", 7, "x y", "\x1b"]}, "ok", "invoices.read"),
        ({"scp": "invoices.create"}, "note", "invoices.read is not among them"),
        ({"scope": {"a": 1}}, "note", "names none"),
        ({}, "note", "names none"),
    ],
)
def test_the_scopes_are_shown_with_their_verdict(claims: dict[str, object], verdict: str, text: str) -> None:
    found = claims_shown(claims)["scopes"]
    assert (found[0], text in found[1]) == (verdict, True)
