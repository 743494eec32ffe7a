# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The attributes of a client: one for each tag of the contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .invoices import AsyncInvoices, Invoices

__all__ = ["AsyncResources", "Resources", "resource_of"]

_RESOURCES = {
    "list_invoices": ("invoices", "Invoices", "AsyncInvoices"),
    "create_invoice": ("invoices", "Invoices", "AsyncInvoices"),
    "get_invoice": ("invoices", "Invoices", "AsyncInvoices"),
}


def resource_of(operation: str) -> tuple[type[Any], type[Any]]:
    """The two resource classes that have an operation: for threads, and for event loops."""
    attribute, *names = _RESOURCES[operation]
    module = import_module(f".{attribute}", __name__)
    plain, asynchronous = (getattr(module, name) for name in names)
    return plain, asynchronous


class Resources:
    """The resources of a client for threads."""

    def _resource(self, kind: type[Any]) -> Any:
        """The instance of a resource class for this client."""
        raise NotImplementedError

    @property
    def invoices(self) -> Invoices:
        """Bills for a customer, paid on a hosted checkout page.

        `invoices.list()`: List invoices.
        `invoices.create()`: Create an invoice.
        `invoices.get()`: Read one invoice.
        `invoices.create_many()`: See ``help(paisr.Invoices.create_many)``.
        `invoices.reconcile()`: See ``help(paisr.Invoices.reconcile)``.
        `invoices.reconcile_journal()`: See ``help(paisr.Invoices.reconcile_journal)``.
        `invoices.unresolved()`: See ``help(paisr.Invoices.unresolved)``.
        `invoices.wait()`: See ``help(paisr.Invoices.wait)``.
        `invoices.with_response`: The operations of the contract, which return the whole response.
        """
        from .invoices import Invoices

        resource: Invoices = self._resource(Invoices)
        return resource


class AsyncResources:
    """The resources of a client for event loops."""

    def _resource(self, kind: type[Any]) -> Any:
        """The instance of a resource class for this client."""
        raise NotImplementedError

    @property
    def invoices(self) -> AsyncInvoices:
        """Bills for a customer, paid on a hosted checkout page.

        `invoices.list()`: List invoices.
        `invoices.create()`: Create an invoice.
        `invoices.get()`: Read one invoice.
        `invoices.create_many()`: See ``help(paisr.AsyncInvoices.create_many)``.
        `invoices.reconcile()`: See ``help(paisr.AsyncInvoices.reconcile)``.
        `invoices.reconcile_journal()`: See ``help(paisr.AsyncInvoices.reconcile_journal)``.
        `invoices.unresolved()`: See ``help(paisr.AsyncInvoices.unresolved)``.
        `invoices.wait()`: See ``help(paisr.AsyncInvoices.wait)``.
        `invoices.with_response`: The operations of the contract, which return the whole response.
        """
        from .invoices import AsyncInvoices

        resource: AsyncInvoices = self._resource(AsyncInvoices)
        return resource
