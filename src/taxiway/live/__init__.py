"""Newest controls in, newest frames out."""
