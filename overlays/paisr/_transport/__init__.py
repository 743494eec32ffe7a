"""The only part of the package that knows an HTTP library: a request out, what happened back.

The types and exceptions of h11 and httpx stop here. By default h11 reads and writes HTTP on our own sockets: what is
said on a connection is decided without IO, and carried out in a thread or on an event loop. A transport given by the
user is driven as httpx would: only then is httpx loaded.
"""
