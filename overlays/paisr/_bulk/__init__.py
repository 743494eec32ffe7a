"""`create_many`: one invoice for each row, no matter how often or by how many processes the rows are given.

Looks up the keys in the journal, and calls ``create(key=)`` for the rest. Imports `_session` and the layers below it.
"""
