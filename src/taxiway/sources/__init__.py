"""What comes in by itself: one file is one source, found by its name (docs/outputs.md)."""
