"""A network on a GPU as a recording of its kernels, which then begin all at once (CUDA graphs).

A StyleGAN's picture is hundreds of small kernels, and to begin each from Python may take longer
than to compute it. So what a network does with inputs of one shape is recorded when that shape
comes a second time, and played from then on: from pinned memory to pinned memory, so that neither
copy waits. What gives another answer each time, as with random noise, what cannot be recorded, and
what does not come out the same when it is played, is computed as before.

(pytorch.org/docs/stable/notes/cuda.html#cuda-graphs; there is no GPU where this is tested, so the
recorder is one's own there.)
"""

import logging
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

import numpy as np
import torch

from taxiway.backends import Arrays, Inputs
from taxiway.backends.torch.network import TorchNetwork

log = logging.getLogger("taxiway.backends")

Call = Callable[..., dict[str, torch.Tensor]]
Recorder = Callable[[Call, dict[str, Any]], tuple[dict[str, torch.Tensor], Callable[[], None]]]
"""Takes a call and its inputs; gives outputs, and what fills them anew from the same inputs."""
MOST = 2
"""Shapes that are recorded, each with memory of its own: one picture, and a batch."""
WARM_UP = 3
"""Calls before a recording, in which libraries choose their kernels."""
CLOSE = 2e-3
"""How far floats of a recording may be off, as a part of the largest; levels are the same, or one
off in a thousand numbers."""


class Recording:
    """One shape of inputs: where they lie, what plays it, and where its outputs lie."""

    def __init__(self, call: Call, inputs: Inputs, device: torch.device, record: Recorder) -> None:
        self._device = device
        self._near = {
            name: self._pinned(torch.from_numpy(np.array(value)))
            for name, value in inputs.items()
            if isinstance(value, np.ndarray)
        }
        self._there = {name: near.to(device) for name, near in self._near.items()}
        self._outputs, self._play = record(call, {**inputs, **self._there})
        self._back = {name: self._pinned(value) for name, value in self._outputs.items()}

    def run(self, inputs: Inputs) -> Arrays:
        """The answer to inputs of this shape, in memory of its own."""
        for name, near in self._near.items():
            near.copy_(torch.from_numpy(np.array(inputs[name])))
            self._there[name].copy_(near, non_blocking=True)
        self._play()
        for name, back in self._back.items():
            back.copy_(self._outputs[name], non_blocking=True)
        if self._device.type == "cuda":
            torch.cuda.current_stream(self._device).synchronize()
        return {name: back.numpy().copy() for name, back in self._back.items()}

    def _pinned(self, like: torch.Tensor) -> torch.Tensor:
        is_gpu = self._device.type == "cuda"
        return torch.empty(like.shape, dtype=like.dtype, pin_memory=is_gpu).copy_(like)


class RecordedNetwork(TorchNetwork):
    """A network that is recorded for the shapes that come again; the same answers, sooner."""

    def __init__(self, call: Call, device: torch.device | str, record: Recorder) -> None:
        super().__init__(call, device)
        self._record = record
        self._seen: set[Hashable] = set()
        self._recordings: dict[Hashable, Recording | None] = {}
        self._turn = Lock()

    @torch.inference_mode()
    def run(self, inputs: Inputs) -> Arrays:
        with self._turn:
            recording = self._recording(inputs)
            return super().run(inputs) if recording is None else recording.run(inputs)

    def _recording(self, inputs: Inputs) -> Recording | None:
        shape = shape_of(inputs)
        if shape in self._recordings:
            return self._recordings[shape]
        if shape in self._seen and len(self._recordings) < MOST:
            self._recordings[shape] = self._recorded(inputs)
            return self._recordings[shape]
        self._seen.add(shape)
        return None

    def _recorded(self, inputs: Inputs) -> Recording | None:
        """A recording that was seen to give what is computed; None where there can be none."""
        plain = super().run(inputs)
        if not all(
            np.array_equal(plain[name], value) for name, value in super().run(inputs).items()
        ):
            return None
        try:
            recording = Recording(self.call, inputs, self.device, self._record)
            found = recording.run(inputs)
        except RuntimeError as error:
            log.debug("A network is not recorded: %s", error)
            return None
        return recording if all(alike(plain[name], found[name]) for name in plain) else None


def shape_of(inputs: Inputs) -> Hashable:
    """What a recording is made for: shapes and types of arrays, and everything else as it is."""
    return tuple(
        (name, *((value.shape, value.dtype.str) if isinstance(value, np.ndarray) else (value,)))
        for name, value in sorted(inputs.items())
    )


def alike(one: Any, other: Any) -> bool:
    """Whether two outputs are the same, but for the order of sums."""
    off = np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))
    if one.dtype == np.uint8:
        return bool(off.max(initial=0) <= 1 and off.mean() <= CLOSE)
    return bool(off.max(initial=0) <= CLOSE * max(np.abs(one).max(initial=0), 1e-9))


def on_gpu(
    call: Call, inputs: dict[str, Any]
) -> tuple[dict[str, torch.Tensor], Callable[[], None]]:
    """Record a call of tensors on the current GPU."""
    beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            call(**inputs)
    torch.cuda.current_stream().wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = call(**inputs)
    return outputs, graph.replay
