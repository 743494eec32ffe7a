"""A shop: an order becomes an invoice, and the customer is sent to its payment page. Run with `fastapi run`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

from paisr import AsyncPaisr, LineItem, OutcomeUnknownError, WebhookError, webhooks

PRICES = {"Margherita": Decimal("75.00"), "Quattro Formaggi": Decimal("92.50")}


class Order(BaseModel):
    number: int
    email: str
    pizzas: dict[str, Annotated[int, Field(ge=1)]]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One client for the process: its connections and its rate limit are shared by all requests.
    async with AsyncPaisr(journal=os.environ["PAISR_JOURNAL"]) as app.state.paisr:
        yield


app = FastAPI(lifespan=lifespan)
paid: set[str] = set()


@app.post("/orders", status_code=201)
async def order(order: Order, request: Request) -> dict[str, str | None]:
    if unknown := order.pizzas.keys() - PRICES:
        raise HTTPException(422, f"There is no pizza {sorted(unknown)[0]}.")
    try:
        # The key makes the request repeatable: the same order is never billed twice.
        created = await request.app.state.paisr.invoices.create(
            customer=order.email,
            summary=f"Order {order.number}",
            due="In 3 days",
            items=[LineItem(name, count, PRICES[name]) for name, count in order.pizzas.items()],
            key=f"order/{order.number}",
        )
    except OutcomeUnknownError:
        raise HTTPException(503, "Send the same order again in a minute.", {"Retry-After": "60"}) from None
    return {"invoice": created.id, "pay_at": created.session.url if created.session else None}


@app.post("/webhooks/paisr", status_code=204)
async def webhook(request: Request) -> None:
    try:
        secret = os.environ["PAISR_WEBHOOK_SECRET"]
        event = webhooks.verify(await request.body(), headers=request.headers, secret=secret)
    except WebhookError as error:
        raise HTTPException(400, str(error)) from None
    if event.event == webhooks.INVOICE_PAID:
        paid.add(event.id)  # the same event can come more than once
