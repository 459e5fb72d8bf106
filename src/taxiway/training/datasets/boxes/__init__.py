"""Pictures with boxes: where things are in them, and of which class, in five formats."""

from taxiway.training.datasets.boxes.found import Box, Labelled, Pictured
from taxiway.training.datasets.boxes.kind import Boxes, Example, Examples

__all__ = ["SLOT", "Box", "Boxes", "Example", "Examples", "Labelled", "Pictured"]

SLOT = Boxes
