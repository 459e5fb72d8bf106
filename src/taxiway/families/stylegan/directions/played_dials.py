"""The dials of a model that is played: known from an earlier time, or measured in spare time."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import structs

from taxiway.backends import Graph, Network
from taxiway.catalog.folder import NoDataFolder, data_path
from taxiway.checkpoint import Checkpoint
from taxiway.choosing import Choice, as_chosen
from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels
from taxiway.core.parsing import Malformed, from_json
from taxiway.families.stylegan.directions.dials import (
    COUNT,
    END,
    SHOWN,
    SIDE,
    TIMES,
    TOGETHER,
    VERSION,
    Array,
    Dials,
    Steps,
    measured,
)
from taxiway.families.stylegan.networks.graphs import graphs_of, small_graph
from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer, in_colour

GROUP, PREFIX = "Dials", "dial_"
STRIP_SECONDS = 3.0
"""That whole pictures for the strips may take; else they are small ones."""
BYTES = 1 << 20
"""A file that is larger is none of ours."""


class PlayedDials:
    """What finds the dials of a checkpoint, and makes inputs of them."""

    def __init__(
        self, checkpoint: Checkpoint, choice: Choice, renderer: GeneratorRenderer, command: Command
    ) -> None:
        self._checkpoint, self._choice = checkpoint, choice
        self._renderer, self._command = renderer, command
        self.dials = self._kept() if renderer.num_ws else Dials(found=[], measured=0)

    def work(self) -> Steps[None]:
        """Measure them, unless they are known; a step at a time."""
        if self.dials is not None:
            return
        small = SmallPictures(self._checkpoint, self._choice)
        shown = self._renderer.images if self._is_quick else small
        self.dials = yield from measured(self._renderer, self._checkpoint.tensors, small, shown)
        self._keep()

    @property
    def _is_quick(self) -> bool:
        """Whether there is time for strips of whole pictures."""
        each = self._choice.milliseconds.get(self._choice.setting, 0.0)
        return COUNT * len(SHOWN) * each / 1000 < STRIP_SECONDS

    def command(self) -> Command:
        """The command with an input for each dial that is known; the renderer then takes them."""
        dials = self.dials.found if self.dials is not None else []
        inputs = dict(self._command.inputs)
        added: dict[str, AnyDataType] = {}
        for number, dial in enumerate(dials, 1):
            if (name := f"{PREFIX}{number}") in inputs:
                continue  # a direction of the user's own
            step = np.float32(dial.step) * np.asarray(dial.vector, np.float32)
            self._renderer.directions[name] = np.tile(step, (self._renderer.num_ws, 1))
            said = f"Changes pictures {dial.times:.1f} times as much as a random direction does."
            added[name] = Number(
                default=0, min=-END, max=END, step=0.05, description=said, group=GROUP
            )
        after = {name: inputs.pop(name) for name in list(inputs) if is_last(name)}
        return structs.replace(self._command, inputs={**inputs, **added, **after})

    def facts(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A model's facts with a strip of pictures along each dial, and what is to be said."""
        if self.dials is None or not self._renderer.num_ws:
            return dict(given)
        strips = {f"{PREFIX}{n}": dial.strip for n, dial in enumerate(self.dials.found, 1)}
        count, of = len(strips), self.dials.measured
        said = (
            f"{count} of {of} directions that were measured change pictures at least {TIMES:g} "
            "times as much as a random one does, and are dials"
        )
        if not count:
            return {**given, "notes": [*given.get("notes", []), said]}
        return {
            **given,
            "strips": strips,
            "group_notes": {} if count == COUNT else {GROUP: f"{said}."},
        }

    @property
    def _file(self) -> Path | None:
        sha256 = self._checkpoint.source.get("sha256", "")
        with suppress(NoDataFolder):
            return data_path() / "dials" / f"{sha256}.json" if sha256 else None
        return None

    def _kept(self) -> Dials | None:
        file = self._file
        if file is None:
            return None
        with suppress(OSError, Malformed), file.open("rb") as opened:
            found: Dials = from_json(opened.read(BYTES + 1), Dials, BYTES)
            sizes = {len(dial.vector) for dial in found.found} | {self._renderer.w_dim}
            if found.version == VERSION and len(found.found) <= COUNT and len(sizes) == 1:
                return found
        return None

    def _keep(self) -> None:
        file = self._file
        with suppress(OSError):
            if file is not None and self.dials is not None:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_whole(file, msgspec.json.encode(self.dials))


class SmallPictures:
    """Small pictures of a checkpoint, as fast as can be: the network stops early where it may."""

    def __init__(self, checkpoint: Checkpoint, choice: Choice) -> None:
        self._checkpoint, self._choice = checkpoint, choice
        self._network: Network | None = None

    def __call__(self, ws: Array) -> Pixels:
        """Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim]."""
        network = self._network = self._network or as_chosen(self._graph(), self._choice)
        # One size of batch, so that one is compiled.
        full = np.concatenate([ws, ws[:1].repeat(-len(ws) % TOGETHER, axis=0)])
        pictures = network.run({"ws": full, "noise_mode": "const"})["image"]
        return in_colour(pictures)[: len(ws), :, :, :3]

    def _graph(self) -> Graph:
        graph = small_graph(self._checkpoint, SIDE) or graphs_of(self._checkpoint)[0]
        ws = graph.example["ws"].repeat(TOGETHER, axis=0)
        return replace(graph, example={"ws": ws, "noise_mode": "const"})


def is_last(name: str) -> bool:
    """Whether an input stands after the dials."""
    return name in ("format", "preview") or name.startswith("bend_")
