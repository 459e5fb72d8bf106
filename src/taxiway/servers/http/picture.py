"""A picture by its address: what its parameters ask for, and the file that answers."""

import secrets
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from taxiway.core.command import Command
from taxiway.core.datatypes import Image, Number, Vector, Wire
from taxiway.core.errors import NotFound
from taxiway.core.images import ImageFormat, Pixels, encode_jpeg, encode_png
from taxiway.latent.sample import z_of_seed
from taxiway.web.inputs import from_query

FORMATS: dict[str, ImageFormat] = {"png": "PNG", "jpg": "JPEG"}


def output_of(command: Command) -> str:
    """The first output that is a picture. Raises NotFound where there is none."""
    for name, field in command.outputs.items():
        if isinstance(field, Image):
            return name
    raise NotFound(f"The command '{command.name}' gives no picture; POST to /query.")


def inputs_of(command: Command, given: Mapping[str, str]) -> dict[str, Wire]:
    """Wire values from an address; a random seed where nothing says which picture."""
    wire = from_query(command, given)
    seed = command.inputs.get("seed")
    if isinstance(seed, Number) and not wire.keys() & set(command.needs_one_of):
        wire.setdefault("seed", secrets.randbelow(2**32))
    return wire


def made_by(model: str, command: Command, wire: Mapping[str, Wire]) -> dict[str, Any]:
    """What a PNG says of how it was made: the model, the inputs, and the latent of the seed."""
    made = {"model": model, **wire}
    z = command.inputs.get("z")
    if isinstance(z, Vector) and "seed" in wire:
        made["z"] = z_of_seed(wire["seed"], z.length).tolist()
    return made


def encode(pixels: Pixels, format: ImageFormat, made: Mapping[str, Any]) -> bytes:
    """The file; a PNG says in its metadata how it was made."""
    return encode_png(pixels, made) if format == "PNG" else encode_jpeg(pixels)


def answer(body: bytes, format: ImageFormat) -> Response:
    """The answer that carries the file."""
    headers = {"cache-control": "no-store"}
    return Response(body, media_type=f"image/{format.lower()}", headers=headers)
