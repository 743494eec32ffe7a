"""The part of a stub that sends webhooks: automatically to a URL, and on request into a test client."""

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
        """The secret that signs deliveries; random by default."""
        return self._webhook_secret

    def send_webhooks(self, to: str | None, *, secret: str | None = None) -> None:
        """Send a delivery to this URL whenever an invoice is created, paid or voided; None switches this off.

        A delivery without a 2XX response is retried up to 10 times, after 1, 2, 4 … 512 seconds of the stub's time,
        which `advance` advances. Raises `ValueError` for a URL that is not http or https, and for an empty secret.
        """
        if secret == "":
            raise ValueError("The secret of a webhook is at least one character long.")
        self._webhook_url = None if to is None else checked_url(to)
        self._webhook_secret = self._webhook_secret if secret is None else secret

    @property
    def events(self) -> list[Event]:
        """The events so far, delivered or not: invoices created, paid and voided. A copy."""
        return list(self._events)

    @property
    def deliveries(self) -> list[DeliveryAttempt]:
        """Every attempt to deliver an event, in the order in which they ended; a copy."""
        return self._deliverer.attempts()

    def wait_for_deliveries(self, timeout: float = 5.0) -> None:
        """Wait until every due delivery has been sent; raises `TimeoutError` after `timeout` seconds.

        A delivery that waits for its retry is not due. On an event loop: `await asyncio.to_thread(…)`.
        """
        self._deliverer.wait(timeout)

    def delivery(self, event: Event, *, at: datetime | None = None) -> Delivery:
        """The headers and the body of an event's delivery, signed now or at another time (to test a replay).

        "Now" ignores `advance`: the receiver checks the timestamp against the real time.
        """
        moment = self._clock.untravelled() if at is None else at
        return delivery_of(event, secret=self._webhook_secret, at=moment)

    def deliver(self, event: Event, *, to: Any, path: str = "/") -> DeliveryAttempt:
        """Deliver an event once, to a URL or into a test client, and return the result.

        `to` is a URL, or the test client of a web framework, which receives a request for `path`. Test clients with the
        `post` of httpx (Starlette, FastAPI) or of Werkzeug (Flask) are supported. For others, send what `delivery`
        returns.
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
        raise TypeError(
            "The post method of this client is a coroutine: await it with the headers and body of delivery(event)."
        )
    if "content" in inspect.signature(client.post).parameters:
        response = client.post(path, content=delivery.body, headers=dict(delivery.headers))
    else:
        content_type = delivery.headers["Content-Type"]
        response = client.post(path, data=delivery.body, content_type=content_type, headers=dict(delivery.headers))
    return int(response.status_code), None
