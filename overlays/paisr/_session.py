"""The calls of a client, as steps that a driver carries out. Arguments are checked before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from paisr._base.errors import (
    APITimeoutError,
    ConfigurationError,
    InvalidArgumentError,
    PaisrError,
    UnexpectedResponseError,
)
from paisr._base.texts import checked_text, seconds, type_name
from paisr._engine.deadlines import Deadline
from paisr._engine.envelope import read_response
from paisr._engine.exchange import exchange
from paisr._engine.steps import Pause, PreparedCall, RawResponse
from paisr._hooks import HOOKS, NO_HOOK, Hook
from paisr._inputs.checks import checked
from paisr_generated.api import operation_named
from paisr_generated.list_limit import note_truncation
from paisr_generated.models.invoice_status import InvoiceStatus
from paisr_generated.rules import Choice
from paisr_generated.types import ModelList

if TYPE_CHECKING:
    from paisr._engine.exchange import CallPolicy
    from paisr._engine.steps import Steps
    from paisr._recovery.attempts import Attempt, JournalEntry
    from paisr._recovery.reconcile import Reconciled, Reconciler
    from paisr._recovery.recovery import Recovery
    from paisr_generated import Invoice
    from paisr_generated.operations import Operation
    from paisr_generated.responses import ApiResponse

T = TypeVar("T")

# Seconds. A checkout session lasts 30 minutes (vendor's documentation); there is rarely a reason to wait longer.
WAIT_TIMEOUT = 1800.0
WAIT_INTERVAL = 5.0
LAST_READ = 1.0
FINAL_STATUSES = ("paid", "void")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one client, as steps. It holds no connection."""

    policy: CallPolicy
    timeout: float
    recovery: Recovery

    def call(
        self, operation: Operation[T], arguments: Mapping[str, object], timeout: float | None
    ) -> Steps[ApiResponse[T]]:
        """Call any operation of the contract."""
        return self.call_within(operation, arguments, self._deadline(timeout))

    def call_within(
        self, operation: Operation[T], arguments: Mapping[str, object], deadline: Deadline, keep: Collection[str] = ()
    ) -> Steps[ApiResponse[T]]:
        """Call any operation of the contract, within a deadline that is already running.

        `keep`: fields of the response that are an error if they do not fit, and are never read as None instead.
        """
        hook = HOOKS.get(operation.name, NO_HOOK)
        key = checked_key(arguments.get("key")) if hook.is_journaled else None
        values = checked_values(operation, hook.prepare(dict(arguments), self.policy.runtime))
        call = self._prepared(operation, values, hook, keep)
        if hook.is_journaled:
            return self._create(call, _body(operation, values), key, deadline)
        return exchange(call, self.policy, deadline) if operation.is_idempotent else self._send_once(call, deadline)

    def by_keys(self, keys: Sequence[str], timeout: float | None) -> Steps[dict[str, JournalEntry]]:
        """The journal's entries for these keys, by key."""
        return self.recovery.read(
            lambda store, left: store.by_keys(self.policy.service, keys, left), self._deadline(timeout)
        )

    def recalled(self, operation: Operation[T], values: Mapping[str, object], entry: JournalEntry) -> T:
        """The data of an entry's create, read from its recorded response; refused if other values were sent."""
        from paisr._recovery.creating import refuse_another_request  # here, because few calls have a key

        refuse_another_request(_body(operation, values), self.policy.runtime.now(), entry)
        raw = RawResponse(200, [], entry.response or b"")
        return cast("T", read_response(raw, operation, self.policy.secret, self.policy.drift)[1])

    def wait(self, invoice_id: str, *, until: str | Iterable[str], timeout: float, interval: float) -> Steps[Invoice]:
        wanted = wanted_statuses(until)
        deadline, interval = self._deadline(timeout), seconds(interval, "interval")
        while True:
            limit = min(self.timeout, max(deadline.remaining(), math.ulp(1.0)))
            response = yield from self.call(operation_named("get_invoice"), {"invoice_id": invoice_id}, limit)
            invoice: Invoice = response.data
            if invoice.status in wanted:
                return invoice
            # The last read is shortly before the deadline, however long the interval is.
            left = deadline.remaining() - min(interval, LAST_READ)
            if left <= 0.001:
                raise APITimeoutError(
                    f"Invoice {invoice_id} is still {invoice.status} after {deadline.timeout:g} s, "
                    f"and not {' or '.join(wanted)}; wait again, or give a longer timeout.",
                    outcome="unknown",
                )
            yield Pause(min(interval, left))

    def reconcile(self, attempt: Attempt, *, timeout: float | None) -> Steps[Invoice | None]:
        return self._reconciler(self._deadline(timeout)).one(attempt)

    def reconcile_journal(self, *, settle_after: float, timeout: float | None) -> Steps[Reconciled]:
        deadline = self._deadline(timeout)
        is_zero = settle_after == 0 and not isinstance(settle_after, bool)
        after = 0.0 if is_zero else seconds(settle_after, "settle_after")
        if not self.recovery.is_journal:
            raise ConfigurationError("This client has no journal to reconcile; make it with journal=PATH.")
        entries = yield from self.recovery.read(lambda store, left: store.unresolved(left), deadline)
        return (yield from self._reconciler(deadline, after).all(entries))

    def unresolved(self, *, timeout: float | None) -> Steps[list[Attempt]]:
        entries = yield from self.recovery.read(lambda store, left: store.unresolved(left), self._deadline(timeout))
        return [entry.attempt for entry in entries]

    def _prepared(
        self, operation: Operation[T], values: Mapping[str, object], hook: Hook, keep: Collection[str]
    ) -> PreparedCall[T]:
        secret, drift = self.policy.secret, self.policy.drift

        def decode(raw: RawResponse) -> T:
            try:
                response, data = read_response(raw, operation, secret, drift, keep)
            except UnexpectedResponseError as error:
                if isinstance(error.partial, ModelList):
                    note_truncation(error.partial, operation, values, unreadable=len(error.unreadable))
                raise
            hook.verify(values, data, raw)
            if drift is not None and response.model is not None:
                drift.compare(operation.name, raw.content, response.model, secret)
            if isinstance(data, ModelList):
                note_truncation(cast("ModelList[object]", data), operation, values)
            return cast("T", data)

        try:
            request = operation.request(values)
        except ValueError as error:
            raise InvalidArgumentError(f"{error}") from None
        return PreparedCall(request=request, decode=decode, repeatable=operation.is_idempotent, hints=hook.hints)

    def _create(
        self, call: PreparedCall[T], request: Any, key: str | None, deadline: Deadline
    ) -> Steps[ApiResponse[T]]:
        """Record a create, and send it. With a key, send it only if the key certainly has no invoice."""
        if key is not None and not self.recovery.is_journal:
            raise ConfigurationError(
                "key= needs a journal, which knows the keys of earlier runs; make the client with journal=."
            )
        from paisr._recovery.attempts import Attempt  # here, because many clients only read
        from paisr._recovery.creating import Creator

        attempt = Attempt.of(request, self.policy.runtime.now().astimezone(), self.policy.service)
        store, reconciler = self.recovery.store, self._reconciler(deadline)
        creator = Creator(store=store, policy=self.policy, reconciler=reconciler, call=call, deadline=deadline)
        return creator.create(attempt, key)

    def _reconciler(self, deadline: Deadline, settle_after: float | None = None) -> Reconciler:
        from paisr._recovery.listed import Lists
        from paisr._recovery.reconcile import Reconciler

        recovery = self.recovery
        return Reconciler(
            lists=Lists(call=self.call_within, ids=recovery.customer_ids),
            store=recovery.store,
            service=self.policy.service,
            deadline=deadline,
            settle_after=recovery.settle_after if settle_after is None else settle_after,
        )

    def _send_once(self, call: PreparedCall[T], deadline: Deadline) -> Steps[ApiResponse[T]]:
        """Send a request that must not be repeated; an unknown outcome is an `OutcomeUnknownError`."""
        try:
            return (yield from exchange(call, self.policy, deadline))
        except PaisrError as error:
            if error.outcome != "unknown":
                raise
            cause = error
        from paisr._recovery.attempts import Attempt, OutcomeUnknownError  # here, because it is rare

        request = call.request
        raise OutcomeUnknownError(
            f"The outcome of {request.operation} is unknown: {request.method} {request.target} was sent, and {cause} "
            "Find out whether it was carried out before you call it again.",
            attempt=Attempt.of(request, self.policy.runtime.now(), self.policy.service, operation=request.operation),
        ) from cause

    def _deadline(self, timeout: float | None) -> Deadline:
        limit = self.timeout if timeout is None else seconds(timeout, "timeout")
        return Deadline(limit, self.policy.runtime.clock)


def _body(operation: Operation[Any], values: Mapping[str, object]) -> Any:
    """The model of the request's body."""
    placed = (one for one in operation.parameters if one.place == "body" and one.name in values)
    return msgspec.convert({one.json_name: values[one.name] for one in placed}, operation.body_type)


def checked_values(operation: Operation[Any], arguments: Mapping[str, object]) -> dict[str, object]:
    """The values to send, by the names of the parameters; an argument that is None was not given."""
    values: dict[str, object] = {}
    for one in operation.parameters:
        value = arguments.get(one.name)
        if value is not None or one.required:
            values[one.name] = checked(one.rule, value, one.name)
    return values


def wanted_statuses(until: object) -> tuple[str, ...]:
    """The statuses to wait for, one or several. An unknown one is refused: a misspelt status would never come."""
    if isinstance(until, str):
        until = (until,)
    if isinstance(until, bytes) or not isinstance(until, Iterable):
        raise InvalidArgumentError(f"until is {type_name(until)}; give statuses, such as ('paid', 'void').")
    wanted = tuple(str(checked(Choice(InvoiceStatus), one, "until")) for one in cast("Iterable[object]", until))
    if not wanted:
        raise InvalidArgumentError("until is empty; give the statuses to wait for, such as ('paid', 'void').")
    return wanted


def checked_key(key: object) -> str | None:
    """The key of a create as text, such as ``"2026-12/17"``. It is kept in the journal, and not sent."""
    if key is None:
        return None
    text = checked_text(key, "key")
    if "\0" in text:
        raise InvalidArgumentError("key has a NUL character, which not every journal can store; give a text without.")
    return text
