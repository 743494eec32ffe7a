"""One call, decided without IO: steps, retry, outcomes, the envelope, deadlines, drift, and the two drivers.

Imports the limiter's protocol and the base. It names no HTTP library.
"""
