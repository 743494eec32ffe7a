# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The operations of invoices: list_invoices, create_invoice, get_invoice."""
