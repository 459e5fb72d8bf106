"""Faces, their eyes and their points."""
