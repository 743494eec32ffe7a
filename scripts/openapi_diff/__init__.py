"""What differs between two OpenAPI documents, as a user of this client meets it.

reading → document (operations) → shapes (schemas in one normal form) → comparing (schemas, renames, verdicts) →
reporting
"""
