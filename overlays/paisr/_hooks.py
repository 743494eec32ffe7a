"""Hooks: behaviour that a contract cannot describe, attached to an operation by its name, once for all its forms.

A user observes calls by `on_event` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from paisr._base.errors import InvalidArgumentError, UnexpectedResponseError
from paisr._base.texts import safe_repr
from paisr._inputs.checks import checked_invoice_id
from paisr._inputs.due import due_text

if TYPE_CHECKING:
    from paisr._base.runtime import Runtime
    from paisr._engine.steps import RawResponse

Arguments = dict[str, Any]


class Hook(Struct, frozen=True, kw_only=True):
    """The hook of one operation. `prepare`: converts the arguments to values that the contract's rules can check.

    `verify`: takes the values that were sent, the data of the response, and the response; raises
    `UnexpectedResponseError` if they do not fit each other. `hints`: advice by status. `is_journaled`: whether each
    call is an attempt that is recorded before it is sent, and can be reconciled.
    """

    prepare: Callable[[Arguments, Runtime], Arguments] = lambda arguments, _: arguments
    verify: Callable[[Mapping[str, object], Any, RawResponse], None] = lambda _values, _data, _raw: None
    hints: Mapping[int, str] = {}
    is_journaled: bool = False


def _create(arguments: Arguments, runtime: Runtime) -> Arguments:
    """Convert the due date to text, and leave out an empty list of items."""
    items = arguments.get("items")
    if items is not None and not isinstance(items, (str, bytes, Mapping)):
        # As a list, which shows whether it is empty; an iterator does not.
        items = list(items) if hasattr(items, "__iter__") else items
    return {**arguments, "due": due_text(arguments["due"], runtime.today), "items": None if items == [] else items}


def _get(arguments: Arguments, _runtime: Runtime) -> Arguments:
    return {**arguments, "invoice_id": checked_invoice_id(arguments["invoice_id"])}


def _list(arguments: Arguments, _runtime: Runtime) -> Arguments:
    """Refuse an e-mail address: it matches no invoice, and an empty list reads as if nothing were owed."""
    resource_id = arguments.get("resource_id")
    if isinstance(resource_id, str) and "@" in resource_id:
        raise InvalidArgumentError(
            f"resource_id={safe_repr(resource_id)} is an e-mail address; give the customer's id, such as an invoice's "
            "customer.id."
        )
    return arguments


def _verify_created(_values: Mapping[str, object], data: Any, raw: RawResponse) -> None:
    """Check that the id of the new invoice is one that `get` takes."""
    with suppress(InvalidArgumentError):
        checked_invoice_id(data.id)
        return
    # Raised outside of a handler: its context would quote the id, which may echo a secret.
    raise unexpected_id("the id of the new invoice is not valid", raw)


def _verify_got(values: Mapping[str, object], data: Any, raw: RawResponse) -> None:
    """Check that the response is not one to another request, as on a connection that is out of step."""
    if data.id != values["invoice_id"]:
        raise unexpected_id("it is not the id of the requested invoice", raw)


def unexpected_id(reason: str, raw: RawResponse) -> UnexpectedResponseError:
    return UnexpectedResponseError(
        f"The response does not fit its request at $.data.id: {reason}.",
        path="$.data.id",
        status_code=raw.status,
        excerpt="",
    )


NO_HOOK = Hook()
HOOKS: Mapping[str, Hook] = {
    "create_invoice": Hook(prepare=_create, verify=_verify_created, is_journaled=True),
    "list_invoices": Hook(prepare=_list),
    "get_invoice": Hook(
        prepare=_get, verify=_verify_got, hints={404: "there is no such invoice, or none that this token may see"}
    ),
}
