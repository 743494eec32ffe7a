# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The operations of the contract, as data."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..operations import Operation

OPERATIONS = {
    "list_invoices": ".invoices.list_invoices",
    "create_invoice": ".invoices.create_invoice",
    "get_invoice": ".invoices.get_invoice",
}
"""The module of each operation, by the operation's name."""


@cache
def operation_named(name: str) -> Operation[Any]:
    """The operation with this name, whatever its tag."""
    operation: Operation[Any] = import_module(OPERATIONS[name], __name__).OPERATION
    return operation
