"""The masks of all frames of a film, from those of its key frames, onwards and back."""

from collections.abc import Iterator
from itertools import pairwise

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.masking.follow import Follower, Mask
from taxiway.masking.project import Project


def propagated(project: Project) -> Iterator[tuple[int, Mask]]:
    """Make the masks that are missing, or were made of other key frames; gives each with its frame.

    A frame follows from the nearer key, over the frames between. Raises InvalidArgument where
    nothing was clicked.
    """
    keys, told = project.keys(), project.told()
    if not keys:
        raise InvalidArgument("Nothing is clicked yet: say on a frame what is in it.", "clicks")
    follower: Follower | None = None
    for way in ways(sorted(keys), project.known().count):
        mask, pixels = keys[way[0]], None
        for before, index in pairwise(way):
            kept = project.mask(index) if project.is_made(index, told) else None
            if kept is not None:
                mask, pixels = kept, None
            else:
                follower = follower or follower_of(project, keys)
                pixels = project.frame(before) if pixels is None else pixels
                now = project.frame(index)
                mask, pixels = follower.step(pixels, mask, now), now
                project.keep(index, mask, told)
            yield index, mask


def follower_of(project: Project, keys: dict[int, Mask]) -> Follower:
    """What has seen the key frames."""
    shown: list[tuple[Pixels, Mask]] = [(project.frame(key), mask) for key, mask in keys.items()]
    return Follower(shown)


def ways(keys: list[int], count: int) -> list[list[int]]:
    """From every key the frames that follow from it, onwards and back, beginning with itself."""
    found = []
    for place, key in enumerate(keys):
        last = (key + keys[place + 1]) // 2 if place + 1 < len(keys) else count - 1
        first = (keys[place - 1] + key) // 2 + 1 if place else 0
        found += [list(range(key, last + 1)), list(range(key, first - 1, -1))]
    return [way for way in found if len(way) > 1]
