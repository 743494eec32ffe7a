"""The published rate, kept: a queue of callers before a window that counts requests.

The window is in memory, or in a backend that others count in too: a file, or Redis. Imports the base only.
"""
