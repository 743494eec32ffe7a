"""A worker process that creates one invoice for each of many keys. test_once_per_key.py runs it.

Arguments as JSON: url, token, journal, customers, intents, seed, kind (sync or async), output. It ends with status 0
when every key has its invoice, and writes the ids by key to the output as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from paisr import AsyncPaisr, Journal, OutcomeUnknownError, Paisr, PaisrError
from paisr._base.runtime import Runtime
from paisr_generated.api import operation_named

# Seconds, short for a short run: the stub lists an invoice as soon as it is created.
TIMEOUT = 1.0
SETTLE_AFTER = 0.3


class Worker:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.chance = random.Random(settings["seed"])
        self.offset = timedelta(0)
        runtime = Runtime(now=lambda: datetime.now(UTC) + self.offset)
        kind = Paisr if settings["kind"] == "sync" else AsyncPaisr
        client: Any = type("Worker", (kind,), {"_runtime": runtime})(
            settings["token"],
            base_url=settings["url"],
            journal=settings["journal"],
            rate_limit=None,
            max_retries=0,
            timeout=TIMEOUT,
        )
        client._session.recovery.settle_after = SETTLE_AFTER
        self.client = client
        self.runner = asyncio.Runner() if kind is AsyncPaisr else None

    def run(self) -> dict[str, str]:
        left = list(range(self.settings["intents"]))
        done: dict[str, str] = {}
        self.chance.shuffle(left)
        while left:
            number = left.pop(0)
            if self.chance.random() < 0.02:
                self.offset = timedelta(seconds=self.chance.choice([-3600, -60, 0, 60, 3600]))
            invoice_id = self.create(number)
            if invoice_id is None:
                left.append(number)
                if len(left) < 5:
                    time.sleep(0.02)
            else:
                done[f"key-{number}"] = invoice_id
        self.close()
        return done

    def close(self) -> None:
        if self.runner:
            self.runner.run(self.client.aclose())
            self.runner.close()
        else:
            self.client.close()

    def create(self, number: int) -> str | None:
        customers = self.settings["customers"]
        arguments = {
            "customer": customers[number % len(customers)],
            "summary": f"Intent {number} of many",
            "due": "In 3 days",
            "currency": None,
            "items": (),
            "key": f"key-{number}",
        }
        steps = self.client._session.call(operation_named("create_invoice"), arguments, None)
        try:
            call = self.client._run(steps)
            response: Any = self.runner.run(call) if self.runner else call
        except OutcomeUnknownError as error:
            self.settle_by_hand(error)
            return None
        except PaisrError:
            return None
        return str(response.data.id)

    def settle_by_hand(self, error: OutcomeUnknownError) -> None:
        """Settle an ambiguous attempt as a person would, by its summary: the client must not guess from that."""
        same = [one.id for one in error.candidates if one.summary == error.attempt.request.summary]
        if same:
            try:
                Journal(self.settings["journal"]).settle(error.attempt, same[0])
            except PaisrError:
                return  # another worker settled it first


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    Path(given["output"]).write_text(json.dumps(Worker(given).run()))
