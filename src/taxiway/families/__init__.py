"""A slot: one file is one model family that a user can pick."""
