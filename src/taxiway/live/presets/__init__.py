"""Whole states of a live session, kept, mixed and shared."""
