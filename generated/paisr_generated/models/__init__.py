# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""Contains all the data models used in inputs/outputs"""

from .amount import Amount
from .billing_details import BillingDetails
from .checkout_session import CheckoutSession
from .create_invoice_answer import CreateInvoiceAnswer
from .create_invoice_request import CreateInvoiceRequest
from .created_invoice import CreatedInvoice
from .currency import Currency
from .customer import Customer
from .error_answer import ErrorAnswer
from .get_invoice_answer import GetInvoiceAnswer
from .invoice import Invoice
from .invoice_item import InvoiceItem
from .invoice_list_data import InvoiceListData
from .invoice_status import InvoiceStatus
from .list_invoices_answer import ListInvoicesAnswer
from .shipping_details import ShippingDetails
from .voucher import Voucher
from .voucher_type import VoucherType

__all__ = (
    "Amount",
    "BillingDetails",
    "CheckoutSession",
    "CreatedInvoice",
    "CreateInvoiceAnswer",
    "CreateInvoiceRequest",
    "Currency",
    "Customer",
    "ErrorAnswer",
    "GetInvoiceAnswer",
    "Invoice",
    "InvoiceItem",
    "InvoiceListData",
    "InvoiceStatus",
    "ListInvoicesAnswer",
    "ShippingDetails",
    "Voucher",
    "VoucherType",
)
