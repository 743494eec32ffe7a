# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The operations on invoices, a module each."""

from . import create_invoice, get_invoice, list_invoices

__all__ = [
    "list_invoices",
    "create_invoice",
    "get_invoice",
]
