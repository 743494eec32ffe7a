"""`paisr doctor`: what is set, how the service is reached, and where its responses differ from the contract."""
