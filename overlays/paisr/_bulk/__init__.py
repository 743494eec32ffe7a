"""Many invoices: a row becomes an invoice once, however often and by whomever the rows are given.

A thin loop over ``create(key=)``. Imports `_recovery` and what stands below it.
"""
