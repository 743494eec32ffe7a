"""`create_many`: one invoice for each row, no matter how often or by how many processes the rows are given.

A thin loop over ``create(key=)``. Imports `_recovery` and the layers below it.
"""
