"""Recovery of creates whose response is lost: attempts, the databases that keep them, and reconciliation.

Imports `_engine`, `_inputs` and `_base`.
"""
