"""The labels of a map: those of COCO-Stuff as Runway's SPADE had them, and what each is made of."""

import base64
import io
from functools import cache
from itertools import product
from math import dist

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from taxiway.painting.materials import MATERIALS
from taxiway.painting.sketches import example

_NAMES = """
person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant
street_sign stop_sign parking_meter bench bird cat dog horse sheep cow elephant bear zebra
giraffe hat backpack umbrella shoe eye_glasses handbag tie suitcase frisbee skis snowboard
sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket bottle plate
wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot hot_dog pizza
donut cake chair couch potted_plant bed mirror dining_table window desk toilet door tv laptop
mouse remote keyboard cell_phone microwave oven toaster sink refrigerator blender book clock vase
scissors teddy_bear hair_drier toothbrush hair_brush banner blanket branch bridge building-other
bush cabinet cage cardboard carpet ceiling-other ceiling-tile cloth clothes clouds counter
cupboard curtain desk-stuff dirt door-stuff fence floor-marble floor-other floor-stone floor-tile
floor-wood flower fog food-other fruit furniture-other grass gravel ground-other hill house
leaves light mat metal mirror-stuff moss mountain mud napkin net paper pavement pillow
plant-other plastic platform playingfield railing railroad river road rock roof rug salad sand
sea shelf sky skyscraper snow solid-other stairs stone straw structural-other table tent
textile-other towel tree vegetable wall-brick wall-concrete wall-other wall-panel wall-stone
wall-tile wall-wood water-other waterdrops window-blind window-other wood unlabeled rainbow
"""
"""By their place in COCO-Stuff's list, counted from 0; ours, the rainbow, is the last."""

_EXCHANGED = {"grass": "gravel", "river": "road", "tree": "vegetable", "unlabeled": "person"}
"""Runway's documents give some ids counted from 1: these names changed places for them."""


def _numbered() -> dict[str, int]:
    ids = {name.replace("_", " "): number for number, name in enumerate(_NAMES.split())}
    for one, other in _EXCHANGED.items():
        ids[one], ids[other] = ids[other], ids[one]
    return ids


LABEL_TO_ID = _numbered()
"""Every label's id, each below the number of labels."""
_PAINTED = {
    "unlabeled": [0, 0, 0],
    "grass": [29, 195, 49],
    "sky": [95, 219, 255],
    "clouds": [170, 170, 170],
    "sea": [54, 62, 167],
    "river": [0, 57, 150],
    "tree": [140, 104, 47],
    "mountain": [60, 55, 50],
    "hill": [96, 130, 52],
    "rock": [118, 100, 128],
    "snow": [244, 246, 250],
    "sand": [233, 203, 128],
    "flower": [236, 92, 140],
    "fog": [206, 214, 226],
    "rainbow": [255, 64, 224],
}
"""The first eight are those that Runway's documents show, which sketches paint with."""


def _coloured() -> dict[str, list[int]]:
    """Every label's colour: the rest have some that lie 20 or more from any other.

    The palette for labels that have none would be loaded at every start, for nobody.
    """
    painted = _PAINTED.values()
    grid = ([*colour] for colour in product(range(25, 256, 41), repeat=3))
    free = (one for one in grid if all(dist(one, other) > 20 for other in painted))
    return {label: _PAINTED.get(label) or next(free) for label in LABEL_TO_ID}


LABEL_TO_COLOR = _coloured()
OFFERED = ("sky", "clouds", "rainbow", "mountain", "snow", "hill", "tree", "grass", "flower",
           "sand", "rock", "sea", "river", "fog")  # fmt: skip
"""What can be painted, in the order of a picture from top to bottom."""

_MADE_OF = {
    "sky": "sky unlabeled airplane bird kite light ceiling-other ceiling-tile frisbee",
    "clouds": "clouds",
    "fog": "fog net waterdrops",
    "rainbow": "rainbow umbrella",
    "mountain": "mountain skyscraper building-other wall-stone",
    "hill": "hill house roof tent cow sheep elephant",
    "rock": """rock stone gravel road pavement platform bridge stairs wall-brick wall-concrete
        railroad solid-other fence floor-stone bench car bus truck train metal""",
    "snow": "snow skis snowboard towel paper",
    "tree": """tree bush branch leaves wood plant-other potted_plant vegetable salad broccoli
        structural-other giraffe bear horse person""",
    "grass": "grass moss playingfield ground-other",
    "flower": "flower fruit vase",
    "sand": "sand dirt mud straw floor-other floor-wood floor-tile",
    "sea": "sea water-other boat surfboard",
    "river": "river mirror mirror-stuff sink",
}
"""Which labels each material stands for; any other label is rock."""


@cache
def materials() -> NDArray[np.uint8]:
    """The material number of each id [256]; what is no label is sky."""
    table = np.zeros(256, np.uint8)
    table[list(LABEL_TO_ID.values())] = MATERIALS.index("rock")
    for name, labels in _MADE_OF.items():
        material = MATERIALS.index("flowers" if name == "flower" else name)
        for label in labels.split():
            if label.replace("_", " ") in LABEL_TO_ID:
                table[LABEL_TO_ID[label.replace("_", " ")]] = material
    return table


@cache
def example_map() -> str:
    """A map to start from: a rainbow over hills and a lake, as a data URI."""
    colours = np.zeros((len(MATERIALS), 3), np.uint8)
    for number, name in enumerate(MATERIALS):
        colours[number] = LABEL_TO_COLOR["flower" if name == "flowers" else name]
    image = Image.fromarray(colours[example(512)]).quantize(32, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
