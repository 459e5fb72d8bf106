"""Cutting something out of a photograph, by an operator."""
