"""What the suites of this folder share: the contract, the cases generated from it, and what was counted on the way."""
