"""What moves controls by itself: one file is one modulator, found by its name (docs/playing.md)."""
