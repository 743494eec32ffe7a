# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The models and enumerations of the contract, a module each. `paisr_generated` has them all by name."""
