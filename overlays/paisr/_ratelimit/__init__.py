"""The rate limiter: a queue of callers in front of a sliding window that counts requests.

The window is in memory; a backend, a file or Redis, limits several processes together. Imports only `_base`.
"""
