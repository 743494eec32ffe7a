"""The rate limiter: a queue of callers in front of a sliding window that counts requests.

The window is in memory, or in a backend that several processes share: a file, or Redis. Imports only `_base`.
"""
