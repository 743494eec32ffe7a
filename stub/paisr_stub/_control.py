"""Control over HTTP, outside the API's paths: another process can seed, pay, void and order faults.

Every request is a POST with the token and a JSON object, and gets a response in the envelope:

    /__stub__/seed     {"count": 10}                 → {"ids": ["inv_…", …]}
    /__stub__/pay      {"id": "inv_…"}               → {}      issue and void likewise
    /__stub__/fail     the arguments of `fail_next`  → {}      body as text
    /__stub__/reset    {}                            → {}      forgets waiting faults and recorded requests
    /__stub__/requests {}                            → {"requests": [{"method", "path", "query", "status"}, …]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from paisr_stub._api import Api, Call, require_json
from paisr_stub._responses import Refused, Response, success
from paisr_stub._validation import json_body

if TYPE_CHECKING:
    from paisr_stub._stub import Stub

PREFIX = "/__stub__/"


def respond(app: Stub, api: Api, call: Call) -> Response:
    """Carry out a control request; one that cannot be gets 4xx."""
    try:
        return success(_carried_out(app, api, call))
    except Refused as refused:
        return refused.response()


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
    try:
        return action(app, cast("dict[str, Any]", body))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(422, f"That cannot be done: {error!s}") from None


def _seed(app: Stub, body: Mapping[str, Any]) -> object:
    return {"ids": app.seed(body["count"])}


def _issue(app: Stub, body: Mapping[str, Any]) -> object:
    app.issue(body["id"])
    return {}


def _pay(app: Stub, body: Mapping[str, Any]) -> object:
    app.pay(body["id"])
    return {}


def _void(app: Stub, body: Mapping[str, Any]) -> object:
    app.void(body["id"])
    return {}


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


_ACTIONS: dict[str, Callable[[Stub, Mapping[str, Any]], object]] = {
    "seed": _seed,
    "issue": _issue,
    "pay": _pay,
    "void": _void,
    "fail": _fail,
    "reset": _reset,
    "requests": _requests,
}
