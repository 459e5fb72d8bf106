"""Changes inside a network while it synthesises."""
