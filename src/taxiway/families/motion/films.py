"""The films that move pictures: each caller's own, for every picture that he has moved."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from taxiway.core.images import Pixels

MOST = 32
"""Films at once; the one that was asked for longest ago goes."""


class Manner(NamedTuple):
    """How far a picture moves, and whether from where it is or to where the film's things are."""

    amount: float
    is_relative: bool


class Scene(Protocol):
    """A picture and the film that moves it, of which the first frame is how it is at rest."""

    def see(self, frame: Pixels) -> None:
        """The film's next frame, uint8 [H, W, 3], of the first one's size."""

    def picture(self, source: Pixels, manner: Manner) -> Pixels:
        """The picture as it is moved now, uint8 [H, W, 3]."""


class Mover(Protocol):
    """What begins scenes; `side` is that of a square picture's result."""

    side: int
    facts: dict[str, Any]

    def begin(self, source: Pixels, frame: Pixels) -> Scene:
        """A picture and the first frame of a film."""


class Key(NamedTuple):
    """What tells films apart: who shows it, the picture that it moves, and a frame's size."""

    caller: str
    picture: str
    size: tuple[int, ...]


class Films:
    """Scenes by key, the newest last."""

    def __init__(self) -> None:
        self._scenes: OrderedDict[Key, Scene] = OrderedDict()

    def __len__(self) -> int:
        return len(self._scenes)

    def seen(self, key: Key, begin: Callable[[], Scene], frame: Pixels, anew: bool) -> Scene:
        """The scene of a film with its next frame, which is its first where none is or `anew`."""
        scene = None if anew else self._scenes.get(key)
        if scene is None:
            scene = begin()
        else:
            scene.see(frame)
        self._scenes[key] = scene
        self._scenes.move_to_end(key)
        while len(self._scenes) > MOST:
            self._scenes.popitem(last=False)
        return scene

    def forget(self, caller: str) -> None:
        """Drop all films of a caller."""
        for key in [key for key in self._scenes if key.caller == caller]:
            del self._scenes[key]


def digest(pixels: Pixels) -> str:
    """What tells one picture from another."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest() + str(pixels.shape)
