"""The only part of the package that knows an HTTP library: it sends a request, and returns the attempt's result.

The types and exceptions of h11 and httpx stop here. By default h11 reads and writes HTTP on the client's own sockets:
the same coroutines serve threads, where they block, and event loops, where they wait. A user's transport is called as
httpx would call it; only then is httpx loaded.
"""
