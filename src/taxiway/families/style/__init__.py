"""Colours and brushes of another picture, by operators."""
