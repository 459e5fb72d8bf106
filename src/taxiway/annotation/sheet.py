"""What is done, at a glance: a sheet of pictures with their boxes, and how many of each class."""

from collections import Counter

import numpy as np
from msgspec import Struct
from PIL import Image, ImageDraw

from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.thumbnails import opened
from taxiway.core.errors import TaxiwayError
from taxiway.core.images import encode_jpeg
from taxiway.training.datasets.boxes import Labelled, Pictured

ACROSS, DOWN, SIDE, GAP = 4, 5, 200, 4
GROUND = (11, 15, 21)


class ClassCount(Struct, frozen=True):
    """A class, how many boxes it has, and in how many pictures."""

    name: str
    colour: str
    boxes: int
    pictures: int


def counts(folder: AnnotatedFolder, labelled: Labelled) -> list[ClassCount]:
    """Of every class, in its order."""
    boxes, pictures = Counter[int](), Counter[int]()
    for each in labelled.pictures.values():
        kinds = [box[4] for box in each.boxes]
        boxes.update(kinds)
        pictures.update(set(kinds))
    active = folder.classes().active
    return [
        ClassCount(each.name, each.colour, boxes[number], pictures[number])
        for number, each in enumerate(active)
    ]


def sheet(folder: AnnotatedFolder, labelled: Labelled) -> bytes:
    """A JPEG of up to twenty pictures with boxes, from the first to the last of them."""
    names = [name for name, each in labelled.pictures.items() if each.boxes]
    most = ACROSS * DOWN
    chosen = [names[k * len(names) // most] for k in range(most)] if len(names) > most else names
    colours = [each.colour for each in folder.classes().active]
    columns, rows = min(ACROSS, max(1, len(chosen))), max(1, -(-len(chosen) // ACROSS))
    made = Image.new("RGB", (columns * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP), GROUND)
    for place, name in enumerate(chosen):
        down, across = divmod(place, ACROSS)
        try:
            tile = drawn(folder, name, labelled.pictures[name], colours)
        except TaxiwayError:
            continue  # its file went meanwhile
        at = across * (SIDE + GAP) + (SIDE - tile.width) // 2, down * (SIDE + GAP)
        made.paste(tile, (at[0], at[1] + (SIDE - tile.height) // 2))
    return encode_jpeg(np.asarray(made))


def drawn(
    folder: AnnotatedFolder, name: str, pictured: Pictured, colours: list[str]
) -> Image.Image:
    """A small picture with frames in the colours of the classes."""
    tile = opened(folder.path(name), 2 * SIDE)
    tile.thumbnail((SIDE, SIDE))
    draw, scale = ImageDraw.Draw(tile), tile.width / pictured.size[0]
    for x, y, width, height, kind in pictured.boxes:
        corners = [round(each * scale) for each in (x, y, x + width, y + height)]
        draw.rectangle([c - 1 for c in corners[:2]] + [c + 1 for c in corners[2:]], outline="black")
        draw.rectangle(corners, outline=colours[kind], width=2)
    return tile
