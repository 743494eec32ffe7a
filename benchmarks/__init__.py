"""Measures the cost of the client: import, construction, calls, and reading long lists. Compares it with other clients,
and with the libraries that it is built on.

`make bench` makes every comparison and writes RESULTS.md; `make bench-quick` checks only the goals. Every result is a
ratio of two costs that were measured in turns in the same run, so that a slow or busy machine slows both.
"""
