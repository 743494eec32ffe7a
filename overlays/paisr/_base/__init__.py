"""Errors, secrets, text checks, clocks, forks and processes, for all other packages. Imports none of them."""
