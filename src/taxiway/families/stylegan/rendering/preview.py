"""Previews: pictures of a network that stops at an earlier block, enlarged to whole ones."""

from functools import cached_property

import numpy as np
from PIL import Image

from taxiway.backends import Inputs, Network
from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.contents import picture_size
from taxiway.choosing import Choice, as_chosen
from taxiway.core.images import Pixels
from taxiway.families.stylegan.networks.graphs import small_graph

PART = 8
"""A preview has that part of the whole side: 2.6 times as fast at 512 px; a quarter is 1.7."""
SLOW_MS = 100.0
"""What a whole picture takes in a model whose previews are made ready before they are asked for."""


class PreviewNetwork:
    """The early blocks of a checkpoint's network, compiled when first asked as the whole was."""

    def __init__(self, checkpoint: Checkpoint, choice: Choice) -> None:
        self._checkpoint, self._choice = checkpoint, choice
        self._size = picture_size(checkpoint.config)
        self._graph = small_graph(checkpoint, min(self._size) // PART)

    @property
    def is_there(self) -> bool:
        """Whether the network has a picture at such a block."""
        return self._graph is not None

    def prepare(self) -> None:
        """Compile it ahead, since whoever moves a fader would wait for that."""
        if self._choice.milliseconds.get(self._choice.setting, 0.0) > SLOW_MS:
            assert self.network

    @cached_property
    def network(self) -> Network:
        """The network, compiled."""
        assert self._graph is not None
        return as_chosen(self._graph, self._choice)

    def run(self, inputs: Inputs) -> Pixels:
        """Pictures uint8 [N, H, W, 3 or 4] of a synthesis network's inputs."""
        small = self.network.run(inputs)["image"]
        small = np.repeat(small, 3, axis=3) if small.shape[3] == 1 else small
        height, width = self._size
        return np.stack(
            [
                np.asarray(Image.fromarray(each).resize((width, height), Image.Resampling.BILINEAR))
                for each in small
            ]
        )
