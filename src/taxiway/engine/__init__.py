"""Runs any model in a process of its own; knows none."""
