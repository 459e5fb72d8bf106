"""Something cut out of a film: clicks on key frames, masks that follow it, films of it."""
