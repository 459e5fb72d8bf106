"""Things cut out by clicks, and followed: SAM 2.1 and EdgeTAM, of weights that people fetch."""
