"""The nouns every room shares; numpy, Pillow, msgspec and the standard library only."""
