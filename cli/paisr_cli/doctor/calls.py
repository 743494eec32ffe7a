"""The doctor's two calls, a list with a small limit and one read, and their findings about service and clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from paisr import ApiResponse, APIStatusError, Paisr, PaisrError, UnexpectedResponseError
from paisr._engine.outcomes import HINTS as CLIENT_HINTS
from paisr._hooks import HOOKS, NO_HOOK
from paisr_cli.doctor.findings import Finding, differs, note, ok, wrong
from paisr_cli.doctor.survey import Survey, ids
from paisr_generated.api import operation_named

LIMIT = 20
# Seconds. The header has no fractions of a second, and the response takes some time to arrive.
CLOCK_IS_RIGHT = 5
# Seconds that a delivery of a webhook may be old: beyond, genuine ones are refused.
CLOCK_IS_WRONG = 300
HINTS = {
    401: "the token is missing, wrong or expired, or is for another environment",
    403: "the token lacks a scope, such as invoices.read",
    429: "more requests than the service allows",
}

_Looked = Generator[Finding, None, ApiResponse[Any] | None]


class Caller:
    """Makes the calls one after the other, and compares their responses with the contract."""

    def __init__(self, client: Paisr, now: Callable[[], datetime]) -> None:
        self._invoices = client.invoices.with_response
        self._now = now
        self.survey = Survey()

    def look(self) -> Iterator[Finding]:
        """The findings of the calls."""
        listed = yield from self._call("list_invoices", lambda: self._invoices.list(limit=LIMIT))
        if listed is None:
            return
        yield self._clock(listed.headers.get("date"))
        found = list(ids(listed))
        if len(found) > LIMIT:
            yield differs("list_invoices", "limit", f"{LIMIT} were asked for, and {len(found)} came")
        if found:
            yield from self._call("get_invoice", lambda: self._invoices.get(found[0]))
        elif listed.status_code < 300:
            yield note("get_invoice", "call", "there is no invoice to read, so that little can be said of the contract")

    def _call(self, name: str, send: Callable[[], ApiResponse[Any]]) -> _Looked:
        """A call, as a generator of findings; its response, if there was one."""
        operation, begun = operation_named(name), time.perf_counter()
        try:
            response: ApiResponse[Any] = send()
        except APIStatusError as error:
            response = error.response
            hint = _hint(name, error.status_code)
            yield wrong(name, "call", f"the service responded with {error.status_code}" + (f": {hint}" if hint else ""))
        except UnexpectedResponseError as error:
            response = error.response
            yield wrong(name, "call", f"the response with {error.status_code} cannot be read; see what differs")
            self.survey.look(operation, response)
            self.survey.refused(operation, error.path)
            return response
        except PaisrError as error:
            yield wrong(name, "call", str(error))
            return None
        else:
            took = time.perf_counter() - begun
            sent = f", sent {response.attempts} times" if response.attempts > 1 else ""
            yield ok(name, "call", f"{response.status_code} after {took:.2f} s{sent}")
        self.survey.look(operation, response)
        return response

    def _clock(self, header: str | None) -> Finding:
        try:
            ahead = (self._now() - parsedate_to_datetime(header or "")).total_seconds()
        except (TypeError, ValueError):
            return note("network", "clock", "the response has no Date to compare with")
        if abs(ahead) <= CLOCK_IS_RIGHT:
            return ok("network", "clock", "agrees with the service's")
        which = f"is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the service's"
        return (note if abs(ahead) < CLOCK_IS_WRONG else wrong)("network", "clock", f"{which}; set it right")


def _hint(operation: str, status: int) -> str | None:
    """What helps with a status: here, else what the client says of it."""
    return HINTS.get(status) or HOOKS.get(operation, NO_HOOK).hints.get(status) or CLIENT_HINTS.get(status)
