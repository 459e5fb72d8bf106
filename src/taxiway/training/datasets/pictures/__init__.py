"""The pictures of a training: gathered, judged, cut to size, packed, reported on."""
