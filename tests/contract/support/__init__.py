"""Shared by the suites: the contract, the cases generated from it, and the counts of a run."""
