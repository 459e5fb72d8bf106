"""Runway's local HTTP API."""
