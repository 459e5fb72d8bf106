"""Masks that a model is asked for: one that cuts out by clicks, and follows from frame to frame.

Such a model has a command `segment`, which takes a picture, clicks and a mask known before, and
one `follow`, which takes a film's frames, with what is known of some of them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.core.command import Command, Values
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.images import Pixels
from taxiway.core.tool import OpenModel
from taxiway.vision.cutting import Hints

Mask = npt.NDArray[np.bool_]
SEGMENT, FOLLOW, ANSWER = "segment", "follow", "mask"
TAKES = {
    SEGMENT: {"image", "include", "exclude", "box", "mask"},
    FOLLOW: {"image", "include", "exclude", "box", "mask", "frame", "begin"},
}
MOST_KEYS = 4
"""Keys that a model is shown before it follows: the nearest."""

FrameOf = Callable[[int], Pixels]


def cuts_out(commands: Iterable[Command]) -> bool:
    """Whether a model with these commands cuts out by clicks and follows."""
    known = {command.name: command for command in commands}
    return all(
        name in known and takes <= {*known[name].inputs} and ANSWER in known[name].outputs
        for name, takes in TAKES.items()
    )


def check(name: str, commands: Iterable[Command]) -> None:
    """Raises InvalidArgument for a model that does not."""
    if not cuts_out(commands):
        raise InvalidArgument(
            f"'{name}' does not cut out by clicks; SAM 2.1 and EdgeTAM do, and taxiway models "
            "list shows what is here and what can be fetched.",
            "model",
        )


def lacking(name: str) -> InvalidArgument:
    """What is said where the model by which a film is cut out is not at hand."""
    return InvalidArgument(f"The film is cut out by '{name}': give --model {name}.", "model")


def asked(pixels: Pixels, hints: Hints, before: Mask | None = None) -> Values:
    """The inputs of a call, decoded."""
    return {
        "image": pixels,
        "include": [list(point) for point in hints.include] or None,
        "exclude": [list(point) for point in hints.exclude] or None,
        "box": None if hints.box is None else list(hints.box),
        "mask": None if before is None else levels(before),
    }


def levels(mask: Mask) -> Pixels:
    """A mask [h, w] as a picture, white where it is."""
    return mask.astype(np.uint8) * 255


def mask_in(outputs: Mapping[str, Any]) -> Mask:
    """The mask of an answer, bool [h, w]."""
    return np.asarray(outputs[ANSWER] > 127)


class Asked:
    """A model in this process that masks are asked of. Raises what the model says is wrong."""

    def __init__(self, model: OpenModel) -> None:
        check(model.name, model.commands.values())
        self.name, self._model = model.name, model

    def cut(self, pixels: Pixels, hints: Hints, before: Mask | None) -> Mask:
        """What clicks mean in a frame, of which a mask is known or not."""
        return self.ask(SEGMENT, asked(pixels, hints, before))

    def ask(self, command: str, inputs: Values) -> Mask:
        """The mask that a call comes to."""
        [answer] = self._model.ask(command, [inputs])
        if isinstance(answer, TaxiwayError):
            raise answer
        return mask_in(answer)

    def follower(self, keys: Mapping[int, Mask], frame_of: FrameOf) -> "AskedFollower":
        """What follows with it through a film whose key frames have these masks."""
        return AskedFollower(self, keys, frame_of)


class AskedFollower:
    """Masks from frame to frame by a model, which is shown the key frames first."""

    def __init__(self, model: Asked, keys: Mapping[int, Mask], frame_of: FrameOf) -> None:
        self._model, self._keys, self._frame_of = model, keys, frame_of
        self._at: int | None = None

    def step(self, before: int, mask: Mask, index: int, now: Pixels) -> Mask:
        """The mask in a frame of what has `mask` in frame `before`, from which it follows."""
        if self._at != before:
            self._begin(before, mask)
        self._at = index
        return self._model.ask(FOLLOW, {**self._call(index, now), "begin": False})

    def _begin(self, before: int, mask: Mask) -> None:
        """Show the model what is known, the nearest last: keys, and where it goes on from."""
        known = {**self._keys, before: mask}
        nearest = sorted(known, key=lambda index: abs(index - before))[:MOST_KEYS]
        for place, index in enumerate(reversed(nearest)):
            told = self._call(index, self._frame_of(index))
            told |= {"mask": levels(known[index]), "begin": place == 0}
            self._model.ask(FOLLOW, told)

    def _call(self, index: int, pixels: Pixels) -> Values:
        return {**asked(pixels, Hints()), "frame": index}
