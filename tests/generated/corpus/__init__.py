"""Small variants of the contract, and what becomes of each: it works in every form of calling, or is refused by name."""
