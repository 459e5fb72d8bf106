"""A slot: one file is one protocol."""
