"""The rainbow painter as a model."""
