"""The engine: a call's steps, retries, outcomes, envelope, deadline and drift, without IO; and its driver.

It imports the limiter and the base, and no HTTP library.
"""
