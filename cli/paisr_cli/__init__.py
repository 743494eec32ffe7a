"""The command `paisr`: invoices, the journal, webhooks and a look at the service, from a terminal or a script.

It needs `paisr[cli]`. Do not import it; programs use `paisr`.
"""
