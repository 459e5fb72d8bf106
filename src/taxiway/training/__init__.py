"""Training a generator from pictures."""
