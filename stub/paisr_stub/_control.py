"""Control over HTTP, outside the API's paths: another process can seed, pay, void and plan faults.

Every request is a POST with the token and a JSON object, and gets a response in the envelope. Requests from web pages
of other sites are refused: their `Host` or `Origin` is not the stub's.

    /__stub__/seed     {"count": 10}                 → {"ids": ["inv_…", …]}
    /__stub__/pay      {"id": "inv_…"}               → {}      issue and void likewise
    /__stub__/advance  {"seconds": 1800}             → {}      at most ten years at once
    /__stub__/fail     the arguments of `fail_next`  → {}      body as text
    /__stub__/reset    {}                            → {}      removes planned faults and recorded requests
    /__stub__/requests {}                            → {"requests": [{"method", "path", "query", "status"}, …]}
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

from paisr_stub._api import Api, Call, require_json
from paisr_stub._faults import fault, text, whole
from paisr_stub._guard import Guard
from paisr_stub._responses import Refused, Response, failure, success
from paisr_stub._stub import Stub
from paisr_stub._validation import json_body

PREFIX = "/__stub__/"
MAX_SEEDED = 10_000  # invoices in one request; the server does nothing else meanwhile
MAX_SECONDS = 10 * 366 * 24 * 3600
MAX_ID = 200  # characters
_FAULT_PARTS = ("times", *inspect.signature(fault).parameters)
logger = logging.getLogger("paisr_stub")


def respond(app: Stub, api: Api, guard: Guard, call: Call) -> Response:
    """Carry out a control request; one that cannot be carried out gets 4xx."""
    try:
        guard.check(call)
        return success(_carried_out(app, api, call))
    except Refused as refused:
        return refused.response()
    except Exception:
        logger.exception("The stub failed on %s %s", call.method, call.path)
        return failure(500)


def _carried_out(app: Stub, api: Api, call: Call) -> object:
    action = _ACTIONS.get(call.path.removeprefix(PREFIX))
    if action is None:
        raise Refused(404, "There is nothing at this path.")
    if call.method != "POST":
        raise Refused(405, "This path takes POST.", headers=(("Allow", "POST"),))
    api.authenticate(call)
    require_json(call)
    body = json_body(call.body)
    if not isinstance(body, dict):
        raise Refused(422, "The body is not an object.")
    names, required, act = action
    given = cast("dict[str, Any]", body)
    for name in given:
        if name not in names:
            raise Refused(422, f"The body has a field that is not known: {name[:60]!a}.")
    if required and names[0] not in given:
        raise Refused(422, f"The body has no {names[0]}.")
    try:
        return act(app, given)
    except (TypeError, ValueError) as error:
        raise Refused(422, f"That cannot be done: {error!s}") from None


def _seed(app: Stub, body: Mapping[str, Any]) -> object:
    return {"ids": app.seed(whole("count", body["count"], minimum=0, maximum=MAX_SEEDED))}


def _advance(app: Stub, body: Mapping[str, Any]) -> object:
    app.advance(timedelta(seconds=whole("seconds", body["seconds"], minimum=0, maximum=MAX_SECONDS)))
    return {}


def _move(change: Callable[[Stub, str], None]) -> Callable[[Stub, Mapping[str, Any]], object]:
    def move(app: Stub, body: Mapping[str, Any]) -> object:
        invoice_id = text("id", body["id"])
        if len(invoice_id) > MAX_ID:
            raise ValueError(f"id is longer than {MAX_ID} characters.")
        change(app, invoice_id)
        return {}

    return move


def _fail(app: Stub, body: Mapping[str, Any]) -> object:
    app.fail_next(**body)
    return {}


def _reset(app: Stub, body: Mapping[str, Any]) -> object:
    del body
    app.forget_faults()
    app.forget_requests()
    return {}


def _requests(app: Stub, body: Mapping[str, Any]) -> object:
    del body
    names = ("method", "path", "query", "status")
    return {"requests": [{name: getattr(request, name) for name in names} for request in app.requests]}


# The fields of each body, whether the first of them is required, and what is done.
_ACTIONS: dict[str, tuple[tuple[str, ...], bool, Callable[[Stub, Mapping[str, Any]], object]]] = {
    "seed": (("count",), True, _seed),
    "advance": (("seconds",), True, _advance),
    "issue": (("id",), True, _move(Stub.issue)),
    "pay": (("id",), True, _move(Stub.pay)),
    "void": (("id",), True, _move(Stub.void)),
    "fail": (_FAULT_PARTS, False, _fail),
    "reset": ((), False, _reset),
    "requests": ((), False, _requests),
}
