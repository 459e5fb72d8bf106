"""Folders of small pictures to draw boxes into."""

from pathlib import Path

from PIL import Image

from taxiway.annotation.folder import AnnotatedFolder
from taxiway.training.datasets.boxes import Box

SIZE = (80, 40)
FIRST: Box = (10.0, 5.0, 20.0, 10.0, 0)
SECOND: Box = (40.0, 20.0, 40.0, 20.0, 1)


def pictures(folder: Path, *names: str) -> Path:
    """A folder with pictures of those names in `images`."""
    for name in names or ("a.png", "b.png", "c.png"):
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIZE, "teal").save(path)
    return folder


def with_classes(folder: Path, *names: str) -> AnnotatedFolder:
    """It, with classes."""
    annotated = AnnotatedFolder(folder)
    annotated.add_classes(list(names or ("cat", "dog")))
    return annotated


def states(folder: AnnotatedFolder) -> dict[str, str]:
    """Of each picture."""
    return {each.name: each.state for each in folder.overview().pictures}
