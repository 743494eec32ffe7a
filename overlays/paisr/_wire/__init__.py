"""The only part of the package that knows an HTTP library: a request out, what happened back.

httpx's and httpcore's types and exceptions stop here. By default httpcore's connection pool is driven directly, over
streams that keep the deadline and see where each answer ends; a transport given by the user is driven as httpx would.
"""
