# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The operations, by tag."""

from . import invoices

__all__ = [
    "invoices",
]
