"""Datasets by kind."""
