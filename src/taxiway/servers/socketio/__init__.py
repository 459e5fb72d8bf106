"""Runway's Socket.IO API, for clients of every version from 1 to 4."""
