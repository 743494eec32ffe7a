"""What differs between two OpenAPI documents, as a user of this client meets it.

reading → document (operations, servers) → shapes and rules (schemas in one normal form) → comparing (operations,
schemas, renames, verdicts) → baseline (differences that are known) → reporting
"""
