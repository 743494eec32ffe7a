"""The base of the package: errors, secrets, text checks, clocks, forks and processes. It imports no other room."""
