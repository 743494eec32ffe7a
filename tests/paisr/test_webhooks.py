"""Webhook deliveries: the test vectors, the error texts of refusals, and a secret that no text shows."""

from __future__ import annotations

import base64
import email
import hmac
import json
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

import paisr
from paisr import ConfigurationError, PaisrError, WebhookError, WebhookEvent, webhooks
from paisr.webhooks import sign, verify

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "webhooks.json").read_text("utf-8"))["cases"]
SECRET = "whsec_canary_5d1c"
NOW = 1_750_000_000
BODY = b'{"id": "inv_123456", "event": "invoice.paid"}'


def check(body: Any = BODY, **changes: Any) -> WebhookEvent:
    arguments: dict[str, Any] = {"timestamp": str(NOW), "secret": SECRET, "now": lambda: NOW, **changes}
    if "signature" not in arguments:
        arguments["signature"] = sign(BODY, timestamp=NOW, secret=SECRET)
    return verify(body, **arguments)


def refusal(body: Any = BODY, **changes: Any) -> WebhookError:
    with pytest.raises(WebhookError) as caught:
        check(body, **changes)
    return caught.value


@pytest.mark.parametrize("case", VECTORS, ids=[case["description"] for case in VECTORS])
def test_every_vector_has_its_expected_verdict(case: dict[str, Any]) -> None:
    def judge() -> WebhookEvent:
        return verify(
            case["body"].encode(),
            signature=case["signature"],
            timestamp=case["timestamp"],
            secret=case["secrets"],
            tolerance=case["tolerance"],
            now=lambda: case["now"],
        )

    if "event" in case:
        event = judge()
        expected = case["event"]
        assert (event.id, event.event, event.body) == (expected["id"], expected["event"], case["body"].encode())
        assert event.timestamp == datetime.fromisoformat(expected["timestamp"])
        assert event.timestamp.tzinfo is UTC
    else:
        own_mistake = case["reason"] == "secret"
        with pytest.raises(ConfigurationError if own_mistake else WebhookError) as caught:
            judge()
        assert own_mistake or (caught.value.reason, caught.value.outcome) == (case["reason"], "rejected")


def test_the_vectors_cover_both_verdicts_and_every_reason_that_a_delivery_can_have() -> None:
    assert {case.get("reason") for case in VECTORS} == {None, "missing", "signature", "timestamp", "body", "secret"}
    assert len({case["description"] for case in VECTORS}) == len(VECTORS)


def test_a_signature_is_the_one_of_the_documentation() -> None:
    expected = hmac.new(SECRET.encode(), b"1750000000." + BODY, "sha256").hexdigest()
    assert sign(BODY, timestamp=NOW, secret=SECRET) == sign(BODY, timestamp=str(NOW), secret=SECRET) == expected


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_body_of_any_bytes_type_is_accepted(kind: Any) -> None:
    assert check(kind(BODY)) == ("inv_123456", webhooks.INVOICE_PAID, datetime.fromtimestamp(NOW, UTC), BODY)


@pytest.mark.parametrize("body", [BODY.decode(), json.loads(BODY), None, 7])
def test_decoded_and_parsed_bodies_are_refused(body: Any) -> None:
    error = refusal(body)
    assert error.reason == "body"
    assert "pass the raw bytes" in str(error)
    with pytest.raises(WebhookError, match="raw bytes"):
        sign(body, timestamp=NOW, secret=SECRET)


@pytest.mark.parametrize(
    ("signed", "came"),
    [
        ('{"id": "inv_é", "event": "x"}', '{"id":"inv_é","event":"x"}'),
        ('{"id": "inv_é", "event": "x"}', '{"id": "inv_\\u00e9", "event": "x"}'),
        ('{"id":"inv_é","event":"x"}', '{"id": "inv_é", "event": "x"}'),
        ('{"id":"inv_\\u00e9","event":"x"}', '{\n  "id": "inv_é",\n  "event": "x"\n}'),
        ('{"id": "inv_é", "event": "x"}\n', '{"id": "inv_é", "event": "x"}'),
        ('{"id" : "inv_é", "event" : "x"}', '{"id" : "inv_é", "event" : "x"}\n'),
    ],
)
def test_a_reserialized_body_is_named_as_the_cause(signed: str, came: str) -> None:
    signature = sign(signed.encode(), timestamp=NOW, secret=SECRET)
    error = refusal(came.encode(), signature=signature)
    assert error.reason == "signature"
    assert "looks re-serialised" in str(error)


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"[" * 16_000, b"1" * 5_000, b'{"id": "\\ud800"}', b"[" + b"1, " * 10_000 + b"1]", b"", BODY + b" "],
    ids=["not UTF-8", "deep", "long number", "surrogate", "large", "empty", "more than written again"],
)
def test_no_body_makes_the_check_raise_another_error(body: bytes) -> None:
    error = refusal(body, signature="0" * 64)
    assert error.reason == "signature"
    assert "re-serialised" not in str(error)


@pytest.mark.parametrize(
    "body", [b"\xff", b"[" * 100_000, b'{"id": ' + b"1" * 5_000 + b"}", b'\xef\xbb\xbf{"id": "a"}']
)
def test_a_genuine_unreadable_body_is_refused_as_a_body(body: bytes) -> None:
    assert refusal(body, signature=sign(body, timestamp=NOW, secret=SECRET)).reason == "body"


@pytest.mark.parametrize("encoded", [base64.b64encode(BODY), base64.encodebytes(BODY), base64.urlsafe_b64encode(BODY)])
def test_a_base64_body_of_a_gateway_is_named_as_the_cause(encoded: bytes) -> None:
    error = refusal(encoded)
    assert error.reason == "signature"
    assert "base64" in str(error)
    assert "base64" not in str(refusal(base64.b64encode(b"another body")))


@pytest.mark.parametrize("secret", [SECRET + "\n", " " + SECRET])
def test_white_space_around_a_secret_is_named_as_the_cause(secret: str) -> None:
    assert "white space" in str(refusal(secret=secret))


@pytest.mark.parametrize(
    "secret", ["", "  ", None, 7, b"bytes", [], [None], ["good", b"bytes"], "half \ud800", iter(())]
)
def test_an_invalid_secret_is_refused(secret: Any) -> None:
    # A mistake of the receiver, and no WebhookError: it must not lead to a 400 to the service.
    with pytest.raises(ConfigurationError, match="secret"):
        check(secret=secret)


@pytest.mark.parametrize("secrets", [iter(["other", SECRET]), {"other", SECRET}, (SECRET, "other")])
def test_several_secrets_are_accepted_in_any_iterable(secrets: Any) -> None:
    assert check(secret=secrets).id == "inv_123456"


@pytest.mark.parametrize("tolerance", [-1, float("nan"), float("inf"), "300", None, True])
def test_an_invalid_tolerance_is_refused(tolerance: Any) -> None:
    with pytest.raises(ConfigurationError, match="tolerance="):
        check(tolerance=tolerance)


@pytest.mark.parametrize("timestamp", [True, 1.5, b"yesterday", 10**5000, -1, " ", "1" * 15], ids=type)
def test_an_invalid_timestamp_is_refused(timestamp: Any) -> None:
    assert refusal(timestamp=timestamp).reason == "timestamp"
    with pytest.raises(WebhookError):
        sign(BODY, timestamp=timestamp, secret=SECRET)


@pytest.mark.parametrize("signature", [7, b"00" * 32, "00" * 32 + "\n", "\u0660" * 64])
def test_an_invalid_signature_is_refused(signature: Any) -> None:
    assert refusal(signature=signature).reason == "signature"


SIGNED = {"X-PCB-Signature": sign(BODY, timestamp=NOW, secret=SECRET), "X-PCB-Timestamp": str(NOW)}


def in_bytes(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """The headers as an ASGI scope has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Environment:
    """Headers in a framework's own class, which is no Mapping."""

    def items(self) -> Iterator[tuple[str, str]]:
        yield from SIGNED.items()


@pytest.mark.parametrize(
    "headers",
    [
        SIGNED,
        {name.upper(): value for name, value in SIGNED.items()},
        in_bytes(SIGNED),
        dict(in_bytes(SIGNED)),
        iter(SIGNED.items()),
        Environment(),
        email.message_from_string("".join(f"{name}: {value}\n" for name, value in SIGNED.items())),
        {"X-Paisr-Signature": SIGNED["X-PCB-Signature"], "x-pcb-timestamp": SIGNED["X-PCB-Timestamp"]},
    ],
    ids=["as written", "capitals", "ASGI", "bytes", "pairs", "own kind", "message", "older name"],
)
def test_headers_are_accepted_in_the_form_of_every_framework(headers: Any) -> None:
    assert verify(BODY, headers=headers, secret=SECRET, now=lambda: NOW).id == "inv_123456"


def test_header_values_are_accepted_as_bytes() -> None:
    (_, signature), (_, timestamp) = in_bytes(SIGNED)
    assert check(signature=signature, timestamp=timestamp) == check()


@pytest.mark.parametrize("without", [*SIGNED])
def test_a_missing_header_is_named(without: str) -> None:
    headers = {name: value for name, value in SIGNED.items() if name != without}
    with pytest.raises(WebhookError, match=f"no {without} header") as caught:
        verify(BODY, headers=headers, secret=SECRET, now=lambda: NOW)
    assert caught.value.reason == "missing"


@pytest.mark.parametrize("headers", ["X-PCB-Signature: 00", 7, ["x"], [7], {"a": 1, 7: "b"}.keys()])
def test_headers_of_an_unknown_type_are_a_configuration_error(headers: Any) -> None:
    with pytest.raises(ConfigurationError, match="headers"):
        verify(BODY, headers=headers, secret=SECRET, now=lambda: NOW)


@pytest.mark.parametrize("given", [{"signature": "0" * 64}, {"timestamp": str(NOW)}])
def test_a_value_given_twice_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="headers"):
        verify(BODY, headers=SIGNED, secret=SECRET, now=lambda: NOW, **given)


def test_all_secrets_are_tried_also_after_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    digest = hmac.digest

    def counting(key: bytes, message: bytes, name: str) -> bytes:
        seen.append(key)
        return digest(key, message, name)

    signature = sign(BODY, timestamp=NOW, secret=SECRET)
    monkeypatch.setattr(hmac, "digest", counting)
    check(signature=signature, secret=[SECRET, "b", "c"])
    assert seen == [SECRET.encode(), b"b", b"c"]


FAULTS: dict[str, dict[str, Any]] = {
    "body": {"body": "text"},
    "signature": {"signature": "0" * 64},
    "no signature": {"signature": None},
    "short signature": {"signature": "00"},
    "timestamp": {"timestamp": "yesterday"},
    "too old": {"now": lambda: NOW + 1e6},
    "tolerance": {"tolerance": -1},
    "a lone surrogate": {"secret": SECRET + "\ud800"},
    "among bad ones": {"secret": [SECRET, None]},
    "white space": {"secret": SECRET + " "},
    "base64": {"body": base64.b64encode(BODY)},
    "off shape": {"body": b"[]", "signature": sign(b"[]", timestamp=NOW, secret=SECRET)},
    "a clock that fails": {"now": lambda: 1 / 0},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_a_secret(fault: str) -> None:
    with pytest.raises((PaisrError, ZeroDivisionError)) as caught:
        check(**FAULTS[fault])
    error = caught.value
    own: TracebackType | None = caught.tb
    while own is not None and own.tb_frame.f_code.co_filename != webhooks.__file__:
        own = own.tb_next  # the frames of the caller hold the secret
    assert own is not None, "no frame of the package was checked"
    shown = [str(error), repr(error), repr(vars(error))]
    shown += traceback.TracebackException(type(error), error, own, capture_locals=True).format()
    shown += [repr(pickle.dumps(error))]
    assert "canary" not in "".join(shown)
    assert isinstance(error, ZeroDivisionError) or (error.__cause__ is None and error.__context__ is None)


def test_errors_and_events_pickle() -> None:
    error = refusal(signature="0" * 64)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.reason) == (WebhookError, str(error), "signature")
    assert pickle.loads(pickle.dumps(check())) == check()


def test_the_default_clock_is_the_system_clock() -> None:
    now = int(datetime.now(UTC).timestamp())
    event = verify(BODY, signature=sign(BODY, timestamp=now, secret=SECRET), timestamp=str(now), secret=SECRET)
    assert event.timestamp == datetime.fromtimestamp(now, UTC)


def test_webhooks_load_no_http_library_and_no_client() -> None:
    code = (
        "import sys, paisr\n"
        f"body = {BODY!r}\n"
        "signature = paisr.webhooks.sign(body, timestamp=1750000000, secret='s')\n"
        "args = dict(signature=signature, timestamp='1750000000', secret='s', now=lambda: 1750000000)\n"
        "paisr.webhooks.verify(body, **args)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), *sys.modules)\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "paisr.webhooks" in loaded
    heavy = {
        "httpx",
        "httpcore",
        "msgspec",
        "attr",
        "attrs",
        "asyncio",
        "ssl",
        "dateutil",
        "logging",
    }
    assert not any(name.startswith("paisr_generated.") for name in loaded)  # the names of the contract are no module
    assert not heavy & set(loaded)
    assert {name for name in loaded if name.startswith("paisr.")} <= {
        "paisr.webhooks",
        "paisr._inputs",
        "paisr._inputs.deliveries",
        "paisr._base",
        "paisr._base.errors",
        "paisr._base.secrets",
        "paisr._base.texts",
        "paisr._base.version",
    }


def test_the_module_is_an_attribute_of_the_package() -> None:
    assert paisr.webhooks is webhooks
    assert paisr.WebhookEvent is WebhookEvent
    assert {"webhooks", "WebhookEvent", "WebhookError"} <= set(paisr.__all__)
    assert set(webhooks.__all__) <= set(dir(webhooks))
