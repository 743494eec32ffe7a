"""What a caller gives, checked against the contract's rules and made plain. Imports the base only."""
