"""A slot: what computes a network."""
