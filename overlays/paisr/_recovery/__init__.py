"""What becomes of a create whose response is lost: attempts, where they are kept, and finding their invoices.

Imports the engine, the inputs and the base.
"""
