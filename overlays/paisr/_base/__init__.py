"""What every room may use: errors, secrets, texts, clocks, forks and processes. Imports none of the rooms."""
