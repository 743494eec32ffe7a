"""Webhook events and their signed deliveries.

The documentation gives the body, the names of the invoice events, the two headers (an older page calls the first
X-Paisr-Signature) and the signed content: the timestamp, a full stop and the raw body, with HMAC-SHA256. The stub chose
the rest, and none of it is a fact about the service: the header names are those of the newer page; the timestamp is in
seconds; voiding an invoice sends `invoice.removed`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from paisr_stub import _exact
from paisr_stub._record import Record

CREATED = "invoice.created"
PAID = "invoice.paid"
REMOVED = "invoice.removed"
SIGNATURE_HEADER = "X-PCB-Signature"
TIMESTAMP_HEADER = "X-PCB-Timestamp"


@dataclass(frozen=True, slots=True, eq=False)
class Event(Record):
    """Something that happened: `id` is the invoice's, `event` such as `"invoice.paid"`."""

    id: str
    event: str


@dataclass(frozen=True, slots=True, eq=False)
class Delivery(Record):
    """The request for an event: POST `body`, exactly these bytes, with `headers`."""

    event: Event
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


def delivery_of(event: Event, *, secret: str, at: datetime) -> Delivery:
    """The delivery of an event, with the timestamp `at`."""
    body = _exact.dumps(event)
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: timestamp}
    return Delivery(event, headers, body)
