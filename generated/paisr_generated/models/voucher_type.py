# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from ..types import OpenStrEnum


class VoucherType(OpenStrEnum):
    """Whether a voucher takes off a share or a fixed amount."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"
