"""The part of a stub that tells others what happened: by itself to an address, and by hand into a test's client."""

from __future__ import annotations

import inspect
import secrets
from collections import deque
from datetime import datetime
from typing import Any

from paisr_stub._clock import TravelClock
from paisr_stub._deliverer import Deliverer, DeliveryAttempt
from paisr_stub._events import Delivery, Event, delivery_of
from paisr_stub._records import timestamp
from paisr_stub._sending import checked_url, post

MAX_EVENTS = 20_000  # the oldest are forgotten


class WebhookSending:
    """Events, and their deliveries."""

    def __init__(self, clock: TravelClock, *, url: str | None, secret: str | None) -> None:
        self._clock = clock
        self._webhook_url: str | None = None
        self._webhook_secret = f"whsec_{secrets.token_hex(16)}"
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self._deliverer = Deliverer(clock, self.delivery)
        self.send_webhooks(url, secret=secret)

    @property
    def webhook_secret(self) -> str:
        """What deliveries are signed with; made at random unless one was given."""
        return self._webhook_secret

    def send_webhooks(self, to: str | None, *, secret: str | None = None) -> None:
        """From now on, send a delivery to this URL when an invoice is created, paid or voided; None: to nobody.

        A delivery whose response is not 2XX is tried again, up to 10 times, after 1, 2, 4 … 512 seconds of the stub's
        time: `advance` makes them pass. Raises `ValueError` for what is no URL of http or https, or an empty secret.
        """
        if secret == "":
            raise ValueError("The secret of a webhook is at least one character long.")
        self._webhook_url = None if to is None else checked_url(to)
        self._webhook_secret = self._webhook_secret if secret is None else secret

    @property
    def events(self) -> list[Event]:
        """What happened so far, whether or not anybody was told: invoices created, paid and voided; a copy."""
        return list(self._events)

    @property
    def deliveries(self) -> list[DeliveryAttempt]:
        """Every attempt to deliver an event, in the order in which they ended; a copy."""
        return self._deliverer.attempts()

    def wait_for_deliveries(self, timeout: float = 5.0) -> None:
        """Return when every delivery that is due has been sent; raises `TimeoutError` after that many seconds.

        One that is to be tried again later is not due yet. On an event loop: `await asyncio.to_thread(…)`.
        """
        self._deliverer.wait(timeout)

    def delivery(self, event: Event, *, at: datetime | None = None) -> Delivery:
        """The headers and the body that tell of an event, signed now, or at another moment (to test a replay).

        "Now" is the time without `advance`: the receiver that checks the timestamp has not travelled along.
        """
        moment = self._clock.untravelled() if at is None else at
        return delivery_of(event, secret=self._webhook_secret, at=moment)

    def deliver(self, event: Event, *, to: Any, path: str = "/") -> DeliveryAttempt:
        """Deliver an event once, to a URL or into a test client, and return what came of it.

        `to` is a URL, or the test client of a web framework, which is given the request for `path`: one with httpx's
        `post` (Starlette, FastAPI), or one with Werkzeug's (Flask). For any other, send what `delivery` returns.
        """
        delivery = self.delivery(event)
        sent_at = timestamp(self._clock())
        url = checked_url(to) if isinstance(to, str) else path
        status, error = post(url, delivery) if isinstance(to, str) else _put_into(to, path, delivery)
        attempt = DeliveryAttempt(delivery, url, 1, sent_at, status, error, None)
        self._deliverer.record(attempt)
        return attempt

    def _happened(self, event: Event) -> None:
        self._events.append(event)
        if self._webhook_url is not None:
            self._deliverer.add(event, self._webhook_url)


def _put_into(client: Any, path: str, delivery: Delivery) -> tuple[int, None]:
    if inspect.iscoroutinefunction(client.post):
        raise TypeError("This client's post is to be awaited: send it the headers and body of delivery(event).")
    if "content" in inspect.signature(client.post).parameters:
        response = client.post(path, content=delivery.body, headers=dict(delivery.headers))
    else:
        content_type = delivery.headers["Content-Type"]
        response = client.post(path, data=delivery.body, content_type=content_type, headers=dict(delivery.headers))
    return int(response.status_code), None
