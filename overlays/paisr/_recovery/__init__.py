"""Every create: its attempt, the database that keeps it, and reconciliation if its response is lost.

Imports `_engine`, `_inputs` and `_base`.
"""
