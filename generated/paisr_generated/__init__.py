# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Paisr invoices API: what its contract determines, as code that does no IO."""

from . import api, contract, models, types

__all__ = ["api", "contract", "models", "types"]
