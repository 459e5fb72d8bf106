"""The masks of all frames of a film, from those of its key frames, onwards and back."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.masking.asked import Asked, lacking
from taxiway.masking.follow import Follower, Mask
from taxiway.masking.project import Project


class Steps(Protocol):
    """What carries a mask on."""

    def step(self, before: int, mask: Mask, index: int, now: Pixels) -> Mask:
        """The mask in frame `index`, uint8 [h, w, 3], of what has `mask` in frame `before`."""


def propagated(project: Project, model: Asked | None = None) -> Iterator[tuple[int, Mask]]:
    """Make the masks that are missing, or were made of other key frames; gives each with its frame.

    A frame follows from the nearer key, over the frames between: by a model, or by what moves.
    Raises InvalidArgument where nothing was clicked.
    """
    keys, told = project.keys(), project.told()
    if not keys:
        raise InvalidArgument("Nothing is clicked yet: say on a frame what is in it.", "clicks")
    steps: Steps | None = None
    for way in ways(sorted(keys), project.known().count):
        mask = keys[way[0]]
        for before, index in pairwise(way):
            kept = project.mask(index) if project.is_made(index, told) else None
            if kept is None:
                steps = steps or steps_of(project, keys, model)
                kept = steps.step(before, mask, index, project.frame(index))
                project.keep(index, kept, told)
            mask = kept
            yield index, mask


def steps_of(project: Project, keys: dict[int, Mask], model: Asked | None) -> Steps:
    """What has seen the key frames. Raises InvalidArgument where the film's model is not there."""
    if model is None and (name := project.known().model):
        raise lacking(name)
    return ByMotion(project, keys) if model is None else model.follower(keys, project.frame)


class ByMotion:
    """Steps without a model: what moves, and the colours of the keys."""

    def __init__(self, project: Project, keys: dict[int, Mask]) -> None:
        self._follower = Follower([(project.frame(key), mask) for key, mask in keys.items()])
        self._project = project
        self._newest: dict[int, Pixels] = {}

    def step(self, before: int, mask: Mask, index: int, now: Pixels) -> Mask:
        """As `Steps`."""
        was = self._newest.get(before)
        was = self._project.frame(before) if was is None else was
        self._newest = {index: now}
        return self._follower.step(was, mask, now)


def ways(keys: list[int], count: int) -> list[list[int]]:
    """From every key the frames that follow from it, onwards and back, beginning with itself."""
    found = []
    for place, key in enumerate(keys):
        last = (key + keys[place + 1]) // 2 if place + 1 < len(keys) else count - 1
        first = (keys[place - 1] + key) // 2 + 1 if place else 0
        found += [list(range(key, last + 1)), list(range(key, first - 1, -1))]
    return [way for way in found if len(way) > 1]
