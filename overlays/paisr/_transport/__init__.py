"""The only part of the package that knows an HTTP library: it sends a request, and returns the attempt's result.

The types and exceptions of h11 and httpx stop here. By default h11 reads and writes HTTP on the client's own sockets:
the protocol code does no IO, and its reads and writes are carried out in a thread or on an event loop. A user's
transport is called as httpx would call it; only then is httpx loaded.
"""
