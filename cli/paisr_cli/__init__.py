"""The command `paisr`: invoices, the journal, webhooks and a look at the service, from a terminal or a script.

It needs `paisr[cli]`. Nothing of it is meant to be imported: what it does, `paisr` does for programs.
"""
