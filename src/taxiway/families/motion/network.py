"""First-order motion by two ONNX networks of anybody's, as their manifest names them.

One finds key points in a picture: values [1, K, 2] and, if it likes, jacobians [1, K, 2, 2]. The
other takes the still picture, its own key points and those of the film, and gives it moved.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from taxiway.catalog.manifest import Motion, load
from taxiway.catalog.processing import OnnxInput
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.images import Pixels
from taxiway.families.motion.films import Manner
from taxiway.families.motion.key_points import KeyPoints, carried
from taxiway.onnx_files.after import planes_of
from taxiway.onnx_files.before import Array, axes, picture_tensor, placed
from taxiway.onnx_files.network import opened, run
from taxiway.onnx_files.reading import OnnxFile, Tensor, look

SIDE = 256
"""Of the pictures of networks that take any."""
POINTS, JACOBIANS = "points", "jacobians"


class Networks:
    """Both networks, opened and tried.

    Raises NotFound, UnreadableCheckpoint, InvalidArgument or ModelFailed, each with what is wrong.
    """

    def __init__(self, manifest: Path, generator: Path, key_points: Path, device: str) -> None:
        said = load(manifest).motion
        if said is None:
            raise InvalidArgument(f"'{manifest.name}' has no [motion], so it moves no picture.")
        finding, moving = look(key_points), look(generator)
        self._said = said
        self._found = {kind: only(finding, kind) for kind in (POINTS, JACOBIANS)}
        self._given = roles(moving, said)
        self._image = image_of(moving, said)
        self._taken = picture_input(finding, said)
        self.side = self._taken[0].size[0] if self._taken[0].size else SIDE
        self._key_points, _ = opened(finding, self.tensor(GREY), device, "float32")
        own = self.key_points(GREY)
        self._generator, self.facts = opened(moving, self.inputs(GREY, own, own), device, "float32")
        self.moved(GREY, own, own)

    def begin(self, source: Pixels, frame: Pixels) -> "Learnt":
        return Learnt(self, source, frame)

    def tensor(self, pixels: Pixels) -> dict[str, Array]:
        """A picture as the network of key points takes it."""
        given, tensor = self._taken
        return {tensor.name: as_tensor(pixels, given, tensor)}

    def key_points(self, pixels: Pixels) -> KeyPoints:
        """Those of a picture uint8 [H, W, 3]. Raises ModelFailed."""
        found = run(self._key_points, self.tensor(pixels))
        values, jacobians = (
            None if tensor is None else np.asarray(found[tensor.name], float)
            for tensor in self._found.values()
        )
        if values is None:
            raise ModelFailed("The network of key points gives none: 1xKx2 numbers.")
        if not np.isfinite(values).all():
            raise ModelFailed("The network of key points gave what are no numbers.")
        shaped = None if jacobians is None else jacobians.reshape(-1, 2, 2)
        return KeyPoints(values.reshape(-1, 2), shaped)

    def moved(self, source: Pixels, own: KeyPoints, now: KeyPoints) -> Pixels:
        """The picture with its own key points where `now` has them, of the network's size."""
        found = run(self._generator, self.inputs(source, own, now))
        planes = planes_of(np.asarray(found[self._image], np.float32), None)
        low, high = self._said.range
        if planes.shape[2] != 3:
            raise ModelFailed(f"'{self._image}' has {planes.shape[2]} channels, no picture's 3.")
        levels = (planes - low) * (255 / (high - low))
        return np.rint(np.nan_to_num(levels)).clip(0, 255).astype(np.uint8)

    def inputs(self, source: Pixels, own: KeyPoints, now: KeyPoints) -> dict[str, Array]:
        """What the network that moves is given."""
        values: dict[str, Any] = {
            "source_points": own.values, "driving_points": now.values,
            "source_jacobians": own.jacobians, "driving_jacobians": now.jacobians,
        }  # fmt: skip
        made = dict[str, Array]()
        for role, tensor in self._given.items():
            if role == "source":
                made[tensor.name] = as_tensor(source, asked(self._said, tensor), tensor)
            elif values[role] is None:
                raise InvalidArgument(
                    f"'{tensor.name}' takes jacobians, and the network of key points gives none."
                )
            else:
                made[tensor.name] = np.ascontiguousarray(values[role][None], tensor.dtype)
        return made


class Learnt:
    """A picture that a network moves as the key points of a film have gone."""

    def __init__(self, networks: Networks, source: Pixels, frame: Pixels) -> None:
        self._networks = networks
        self._own = networks.key_points(source)
        self._first = self._now = networks.key_points(frame)

    def see(self, frame: Pixels) -> None:
        """The film's next frame."""
        self._now = self._networks.key_points(frame)

    def picture(self, source: Pixels, manner: Manner) -> Pixels:
        """The picture as it is moved now, as large as it came."""
        to = self._now
        if manner.is_relative:
            to = carried(self._own, self._first, self._now, manner.amount)
        made = Pillow.fromarray(self._networks.moved(source, self._own, to))
        size = (source.shape[1], source.shape[0])
        return np.asarray(made if made.size == size else made.resize(size))


GREY = np.full((SIDE, SIDE, 3), 128, np.uint8)
"""A picture to try networks with."""


def picture_input(file: OnnxFile, said: Motion) -> tuple[OnnxInput, Tensor]:
    """The one input of the network of key points. Raises InvalidArgument."""
    tensors = [*file.inputs.values()]
    if len(tensors) != 1 or not is_picture(tensors[0]):
        told = ", ".join(f"'{each.name}' ({each.words})" for each in tensors)
        raise InvalidArgument(
            f"'{file.path.name}' takes {told}; the network of key points takes one picture."
        )
    return asked(said, tensors[0]), tensors[0]


def asked(said: Motion, tensor: Tensor) -> OnnxInput:
    """How a picture becomes that tensor."""
    _, height, width = axes(None, tensor.shape)
    size = (tensor.shape[width] or SIDE, tensor.shape[height] or SIDE)
    return OnnxInput(name="image", size=size, range=said.range)


def as_tensor(pixels: Pixels, given: OnnxInput, tensor: Tensor) -> Array:
    at = placed((pixels.shape[1], pixels.shape[0]), given, tensor)
    return picture_tensor(pixels, given, tensor, at)


def is_picture(tensor: Tensor) -> bool:
    """Whether a tensor is a picture's, [1, 3, H, W] or [1, H, W, 3]."""
    return len(tensor.shape) == 4 and 3 in tensor.shape[1:] and not is_kind(tensor, JACOBIANS)


def is_kind(tensor: Tensor, kind: str) -> bool:
    """Whether a tensor is one of key points: places [1, K, 2], or jacobians [1, K, 2, 2]."""
    shape = tensor.shape
    return shape[2:] == ((2,) if kind == POINTS else (2, 2)) and len(shape) > 2


def only(file: OnnxFile, kind: str) -> Tensor | None:
    """The output of that kind, the first of several."""
    return next((each for each in file.outputs.values() if is_kind(each, kind)), None)


def roles(file: OnnxFile, said: Motion) -> dict[str, Tensor]:
    """What each input of the network that moves is, by its shape and name, or as the manifest says.

    Raises InvalidArgument where that does not tell.
    """
    named = {tensor: role for role in ROLES if (tensor := getattr(said.tensors, role))}
    if lost := [tensor for tensor in named if tensor not in file.inputs]:
        raise InvalidArgument(f"'{file.path.name}' takes no '{lost[0]}', which the manifest names.")
    found = {named.get(each.name) or role_of(each): each for each in file.inputs.values()}
    if "" in found or len(found) < len(file.inputs) or not {*NEEDED} <= {*found}:
        told = ", ".join(f"'{each.name}' ({each.words})" for each in file.inputs.values())
        raise InvalidArgument(
            f"'{file.path.name}' takes {told}; which of these are {', '.join(ROLES)}, its manifest "
            "has to say in [motion.tensors]."
        )
    return found


ROLES = (
    "source", "source_points", "driving_points", "source_jacobians", "driving_jacobians",
)  # fmt: skip
NEEDED = ROLES[:3]


def role_of(tensor: Tensor) -> str:
    """What an input is, told by its shape and name; "" where these do not tell."""
    if is_picture(tensor):
        return "source"
    kind = next((kind for kind in (POINTS, JACOBIANS) if is_kind(tensor, kind)), "")
    whose = [word for word in ("source", "driving") if word in tensor.name.lower()]
    return f"{whose[0]}_{kind}" if kind and len(whose) == 1 else ""


def image_of(file: OnnxFile, said: Motion) -> str:
    """The output that is the moved picture. Raises InvalidArgument."""
    named = said.tensors.image
    pictures = [each.name for each in file.outputs.values() if is_picture(each)]
    likely = [name for name in pictures if "prediction" in name.lower()] or pictures
    if named and named not in file.outputs:
        raise InvalidArgument(f"'{file.path.name}' gives no '{named}', which the manifest names.")
    if not named and not likely:
        raise InvalidArgument(f"'{file.path.name}' gives no picture.")
    return named or likely[0]
