"""Hardware and messages mapped to controls: learnt, kept as text, at work."""
