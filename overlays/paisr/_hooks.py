"""What a contract cannot say of an operation, attached to it by name, once for all forms of calling it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from paisr._inputs.due import due_text
from paisr._inputs.invoice_ids import checked_invoice_id

if TYPE_CHECKING:
    from paisr._base.runtime import Runtime

Arguments = dict[str, Any]


def _unchanged(arguments: Arguments, _runtime: Runtime) -> Arguments:
    return arguments


@frozen(kw_only=True)
class Hook:
    """`prepare`: makes arguments what the contract's rules are about. `hints`: what helps with a status."""

    prepare: Callable[[Arguments, Runtime], Arguments] = _unchanged
    hints: Mapping[int, str] = {}
    is_journaled: bool = False
    """Whether each call is an attempt that is noted before it is sent, and can be reconciled."""


def _create(arguments: Arguments, runtime: Runtime) -> Arguments:
    """The due date as a text; items that are none are left out."""
    items = arguments.get("items")
    if items is not None and not isinstance(items, (str, bytes, Mapping)):
        # An iterator is used up by looking at it.
        items = list(items) if hasattr(items, "__iter__") else items
    return {**arguments, "due": due_text(arguments["due"], runtime.today), "items": None if items == [] else items}


def _get(arguments: Arguments, _runtime: Runtime) -> Arguments:
    return {**arguments, "invoice_id": checked_invoice_id(arguments["invoice_id"])}


NO_HOOK = Hook()
HOOKS: Mapping[str, Hook] = {
    "create_invoice": Hook(prepare=_create, is_journaled=True),
    "get_invoice": Hook(prepare=_get, hints={404: "there is no such invoice, or none that this token may see"}),
}
