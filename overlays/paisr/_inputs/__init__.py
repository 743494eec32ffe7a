"""Arguments, checked against the contract's rules and converted to JSON values. Imports the base only."""
