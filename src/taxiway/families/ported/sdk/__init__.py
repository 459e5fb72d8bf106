"""The `runway` module of ported models, and nothing else: this folder is on their path."""
