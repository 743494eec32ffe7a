# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from ..types import OpenStrEnum


class InvoiceStatus(OpenStrEnum):
    """Where an invoice stands. It goes from draft to unpaid, and from there to paid or void."""

    DRAFT = "draft"
    UNPAID = "unpaid"
    PAID = "paid"
    VOID = "void"
