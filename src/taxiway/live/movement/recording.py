"""Hands that move something while an armed timeline plays: what they do becomes tracks.

Who touches a control has it until the round ends, as a fader of a desk that is written into a mix.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from taxiway.core.command import Command
from taxiway.live.controls import Controls
from taxiway.live.movement.tracks import Track, thinned
from taxiway.live.presets.state import is_kept

MOST_SAMPLES = 40_000
"""Of a number, at sixty a second eleven minutes."""
VECTOR_SECONDS = 0.1
"""Between two samples of a vector."""


class Recording:
    """Of one round of a command's inputs."""

    def __init__(self, controls: Controls, command: Command) -> None:
        self._controls, self._command = controls, command
        self._samples: dict[str, list[tuple[float, Any]]] = {}

    @property
    def held(self) -> Iterable[str]:
        """Controls that hands have."""
        return self._samples.keys()

    def touch(self, names: Iterable[str]) -> None:
        """Hands moved these."""
        for name in names:
            if is_kept(self._command.inputs[name]):
                self._samples.setdefault(name, [])

    def sample(self, at: float) -> None:
        """It is so late: keep how what hands have stands."""
        for name, samples in self._samples.items():
            entry = self._controls.entries.get(name)
            value = None if entry is None else entry.value
            step = VECTOR_SECONDS if isinstance(value, np.ndarray) else 0.0
            if samples and at <= samples[-1][0]:
                samples[-1] = samples[-1][0], value
            elif len(samples) < MOST_SAMPLES and (not samples or at > samples[-1][0] + step):
                samples.append((at, value))

    def end(self, tracks: dict[str, Track]) -> dict[str, Track]:
        """The tracks with what was recorded in place of what was there meanwhile."""
        found = dict(tracks)
        for name, samples in self._samples.items():
            if not samples:
                continue
            excluded = set(self._controls.one_of) - {name}
            if name in self._controls.one_of:
                found = {each: track for each, track in found.items() if each not in excluded}
            points = thinned(samples, self._command.inputs[name])
            begin, end = samples[0][0], samples[-1][0]
            found[name] = tracks.get(name, Track(())).replaced(begin, end, points)
        self._samples = {}
        return found
