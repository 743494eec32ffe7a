"""The only part of the package that knows an HTTP library: a request out, what happened back.

The types and exceptions of httpx, httpcore and aiohttp stop here. By default httpcore's connections are driven
directly, from a pool of our own, over streams that keep the deadline and see where each response ends; where aiohttp is
installed, an event loop uses that. A transport given by the user is driven as httpx would: only then is httpx loaded.
"""
