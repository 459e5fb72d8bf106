"""Where frames go: one file is one sink, found by its name (docs/outputs.md)."""
