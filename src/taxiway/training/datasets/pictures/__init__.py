"""The pictures of a training: gathered, judged, cut to size, packed, reported on."""

from taxiway.training.datasets.pictures.kind import PicturesKind

SLOT = PicturesKind
