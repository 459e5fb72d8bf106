"""Pictures by their address, without a server."""

import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from taxiway.core.command import Command
from taxiway.core.datatypes import Image, Number, Text, Vector
from taxiway.core.errors import NotFound
from taxiway.core.images import read_metadata
from taxiway.latent.sample import z_of_seed
from taxiway.servers.http import picture

SEED = Number(default=None, optional=True, whole=True, min=0, max=2**32 - 1)
STYLEGAN = Command(
    name="generate",
    inputs={"z": Vector(length=4), "w": Vector(length=8), "truncation": Number(), "seed": SEED},
    outputs={"words": Text(), "image": Image(), "mask": Image(channels=1)},
    needs_one_of=("z", "seed", "w"),
)
PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def test_the_first_picture_among_the_outputs_is_given() -> None:
    assert picture.output_of(STYLEGAN) == "image"
    with pytest.raises(NotFound, match="'say' gives no picture; POST to /query"):
        picture.output_of(Command(name="say", inputs={}, outputs={"words": Text()}))


def test_a_seed_is_drawn_only_where_the_address_names_none() -> None:
    assert picture.inputs_of(STYLEGAN, {"seed": "3", "psi": "1"}) == {"seed": 3, "truncation": 1}
    drawn = [picture.inputs_of(STYLEGAN, {})["seed"] for _ in range(8)]
    assert len(set(drawn)) > 1
    assert all(0 <= seed < 2**32 for seed in drawn)


def test_a_model_without_seeds_is_asked_as_the_address_says() -> None:
    command = Command(name="c", inputs={"size": Number()}, outputs={"image": Image()})
    assert picture.inputs_of(command, {}) == {}
    assert picture.made_by("m", command, {"size": 3}) == {"model": "m", "size": 3}


def test_a_png_carries_its_latent_so_that_it_can_be_made_again() -> None:
    made = picture.made_by("m", STYLEGAN, {"seed": 9})
    data = picture.encode(PIXELS, "PNG", made)
    assert read_metadata(data) == {"model": "m", "seed": 9, "z": z_of_seed(9, 4).tolist()}
    np.testing.assert_array_equal(np.asarray(PillowImage.open(io.BytesIO(data))), PIXELS)


@pytest.mark.parametrize(("suffix", "media"), [("png", "image/png"), ("jpg", "image/jpeg")])
def test_the_answer_says_what_file_it_is_and_is_not_kept(suffix: str, media: str) -> None:
    format = picture.FORMATS[suffix]
    answer = picture.answer(picture.encode(PIXELS, format, {}), format)
    assert (answer.media_type, answer.headers["cache-control"]) == (media, "no-store")
    image = PillowImage.open(io.BytesIO(answer.body))
    assert (image.format, image.size) == (format, (6, 4))
