# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from ..types import OpenStrEnum


class Currency(OpenStrEnum):
    """A currency that invoices are made in. A new invoice without one is in the customer's own currency."""

    SRD = "SRD"
    USD = "USD"
    EUR = "EUR"
