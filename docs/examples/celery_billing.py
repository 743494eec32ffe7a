"""Bill from several machines: Celery on Redis, the journal in PostgreSQL, and one rate for all workers in Redis.

`celery -A celery_billing worker` on each machine, and `bill.delay({"customer": …, "key": "2026-12/17"})` from anywhere.
"""

import os
from functools import cache
from typing import Any

from celery import Celery

from paisr import Paisr, PaisrError, RateLimit

app = Celery("celery_billing", broker=os.environ["BILLING_BROKER"])
app.conf.update(
    # A task is acknowledged when it is done: one whose worker dies is delivered again, and its key makes that harmless.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Seconds after which a task that nobody acknowledged is delivered again: longer than a task takes.
    broker_transport_options={"visibility_timeout": float(os.environ.get("BILLING_REDELIVER_AFTER", "900"))},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
)


@cache
def client() -> Paisr:
    """One client for each worker process."""
    requests, per = os.environ.get("BILLING_RATE", "250/60").split("/")
    rate = RateLimit(int(requests), per=float(per), shared=os.environ["BILLING_RATE_PLACE"])
    return Paisr(journal=os.environ["BILLING_JOURNAL"], rate_limit=rate)


@app.task(bind=True, max_retries=None, default_retry_delay=60)
def bill(self: Any, row: dict[str, Any]) -> str:
    """The id of the row's invoice, which is created once, however often and wherever this runs."""
    (result,) = client().invoices.create_many([row])
    if result.created is not None:
        return result.created.id
    assert isinstance(result.error, PaisrError)
    if result.error.outcome == "rejected":
        raise result.error  # it is for a person to put right
    raise self.retry(exc=result.error)
