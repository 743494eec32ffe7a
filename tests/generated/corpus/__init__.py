"""Small variants of the contract: each works in every form of calling, or is refused by name."""
