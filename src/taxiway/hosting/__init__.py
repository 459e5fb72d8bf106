"""Hosted models: what taxiway host does."""
