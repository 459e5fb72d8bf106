"""A network on a GPU as a recording of its kernels, which then begin all at once (CUDA graphs).

A StyleGAN's picture is hundreds of small kernels, and to begin each from Python may take longer
than to compute it. So what a network does with inputs of one shape is recorded when that shape
comes a second time, and played from then on, from pinned memory to pinned memory. There are two
sets of both, so that where two threads ask the pictures of the one are copied while the GPU
computes those of the other. What gives another answer each time, as with random noise, what cannot
be recorded, and what does not come out the same when it is played, is computed as before.

(pytorch.org/docs/stable/notes/cuda.html#cuda-graphs; there is no GPU where this is tested, so a
stand-in whose two queues get on in any order takes its place there.)
"""

import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import SimpleQueue
from threading import Lock
from typing import Any, Protocol

import numpy as np
import torch

from taxiway.backends import Arrays, Inputs
from taxiway.backends.torch.network import TorchNetwork
from taxiway.backends.torch.twins import keep_twins, twins_of

log = logging.getLogger("taxiway.backends")

Call = Callable[..., dict[str, torch.Tensor]]
Tensors = dict[str, torch.Tensor]
MOST = 2
"""Shapes that are recorded, each with memory of its own: one picture, and a batch."""
SETS = 2
"""Calls on their way at once: one computes, one is copied."""
WARM_UP = 3
"""Calls before a recording, in which libraries choose their kernels."""
ONE_AT_A_TIME = Lock()
"""Of recordings, and of what gives memory back: PyTorch knows one recording in a process."""
CLOSE = 2e-3
"""How far floats of a recording may be off, as a part of the largest; levels are the same, or one
off in a thousand numbers."""


class Mark(Protocol):
    """A place in a queue of a GPU."""

    def synchronize(self) -> None:
        """Wait until everything before it is done."""


class Queues(Protocol):
    """What a recording needs of a GPU, which does later what it is told, each queue in order."""

    def record(self, call: Call, inputs: dict[str, Any]) -> tuple[Tensors, Callable[[], None]]:
        """Outputs of a call, and what has them filled anew from the same inputs."""

    def pinned(self, like: torch.Tensor) -> torch.Tensor:
        """Memory of the computer's own that the GPU copies from and to without a stop."""

    def copy(self, to: torch.Tensor, source: torch.Tensor) -> None:
        """Copy, in the current queue; both stay as they are until that is done."""

    def beside(self) -> AbstractContextManager[None]:
        """What is begun in here waits for what was begun before, and nothing waits for it."""

    def mark(self) -> Mark:
        """The end of the current queue as it is now."""


class Places:
    """What one call on its way has for itself, until its answer was taken."""

    def __init__(self, inputs: Tensors, outputs: Tensors, queues: Queues) -> None:
        self.given = {name: queues.pinned(value) for name, value in inputs.items()}
        self.made = {name: torch.empty_like(value) for name, value in outputs.items()}
        self.back = {name: queues.pinned(value) for name, value in outputs.items()}


class Recording:
    """One shape of inputs: what plays it, and where its inputs and outputs lie."""

    def __init__(self, call: Call, inputs: Inputs, device: torch.device, queues: Queues) -> None:
        self._queues = queues
        self._inputs = {
            name: torch.from_numpy(np.array(value)).to(device)
            for name, value in inputs.items()
            if isinstance(value, np.ndarray)
        }
        self._outputs, self._play = queues.record(call, {**inputs, **self._inputs})
        self._free = SimpleQueue[Places]()
        for _ in range(SETS):
            self._free.put(Places(self._inputs, self._outputs, queues))

    def begin(self, inputs: Inputs) -> Callable[[], Arrays]:
        """Have the answer to inputs of this shape made; what comes back waits for it, once.

        Where as many are on their way as there are places, it waits for one whose answer is taken.
        """
        places = self._free.get()
        try:
            mark, clones = self._begin(places, inputs)
        except BaseException:
            self._free.put(places)
            raise

        def taken() -> Arrays:
            try:
                mark.synchronize()
                arrays = {name: back.numpy().copy() for name, back in places.back.items()}
                keep_twins(arrays, clones)
                return arrays
            finally:
                self._free.put(places)

        return taken

    def _begin(self, places: Places, inputs: Inputs) -> tuple[Mark, Tensors]:
        """Have it done; the end of it all, and clones of pictures, which are there by then."""
        queues = self._queues
        for name, given in places.given.items():
            given.copy_(torch.from_numpy(np.array(inputs[name])))
            queues.copy(self._inputs[name], given)
        self._play()
        for name, made in places.made.items():
            queues.copy(made, self._outputs[name])  # so that the next may be played meanwhile
        with queues.beside():
            for name, back in places.back.items():
                queues.copy(back, places.made[name])
            clones = twins_of(places.made, queues.copy)
            return queues.mark(), clones


class RecordedNetwork(TorchNetwork):
    """A network that is recorded for the shapes that come again; the same answers, sooner."""

    def __init__(self, call: Call, device: torch.device | str, queues: Queues) -> None:
        super().__init__(call, device)
        self._queues = queues
        self._seen: set[Hashable] = set()
        self._recordings: dict[Hashable, Recording | None] = {}
        self._most = MOST
        self._turn = Lock()

    def computed(self, inputs: Inputs) -> Arrays:
        with self._turn:
            recording = self._recording(inputs)
            if recording is None:
                return super().computed(inputs)
            taken = recording.begin(inputs)
        return taken()

    def _recording(self, inputs: Inputs) -> Recording | None:
        shape = shape_of(inputs)
        if shape in self._recordings:
            return self._recordings[shape]
        if shape in self._seen and len([*filter(None, self._recordings.values())]) < self._most:
            self._recordings[shape] = self._recorded(inputs)
            return self._recordings[shape]
        self._seen.add(shape)
        return None

    def _recorded(self, inputs: Inputs) -> Recording | None:
        """A recording that was seen to give what is computed; None where there can be none."""
        plain, again = super().computed(inputs), super().computed(inputs)
        if not all(alike(plain[name], again[name]) for name in plain):
            return None
        try:
            recording = Recording(self.call, inputs, self.device, self._queues)
            found = recording.begin(inputs)()
        except RuntimeError as error:
            log.debug("A network is not recorded: %s", error)
            self._most = 0  # PyTorch keeps the memory of a recording that failed (its PR 190308)
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
    if one.dtype == np.uint8:
        levels = np.abs(np.subtract(one, other, dtype=np.int16))
        return bool(levels.max(initial=0) <= 1 and levels.mean() <= CLOSE)
    off = np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))
    return bool(off.max(initial=0) <= CLOSE * max(np.abs(one).max(initial=0), 1e-9))


class GpuQueues:
    """Streams of a GPU of NVIDIA's or AMD's: the current one computes, another copies."""

    def __init__(self, device: torch.device | str) -> None:
        self._device = torch.device(device)
        self._copying: Any = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        self._recording: Any = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]

    def record(self, call: Call, inputs: dict[str, Any]) -> tuple[Tensors, Callable[[], None]]:
        self._recording.wait_stream(torch.cuda.current_stream(self._device))
        # `graph` leaves its stream only where it ends well; in its own mode, "global", what another
        # thread asks of the GPU meanwhile would spoil the recording, or fail.
        with ONE_AT_A_TIME, torch.cuda.stream(self._recording):
            for _ in range(WARM_UP):
                call(**inputs)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._recording, capture_error_mode="thread_local"):
                outputs = call(**inputs)
        torch.cuda.current_stream(self._device).wait_stream(self._recording)
        return outputs, graph.replay

    def pinned(self, like: torch.Tensor) -> torch.Tensor:
        return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)

    def copy(self, to: torch.Tensor, source: torch.Tensor) -> None:
        to.copy_(source, non_blocking=True)

    @contextmanager
    def beside(self) -> Iterator[None]:
        self._copying.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._copying):
            yield

    def mark(self) -> Mark:
        reached: Mark = torch.cuda.current_stream(self._device).record_event()
        return reached


def give_back() -> None:
    """Let other processes have what memory of the GPU nothing here uses any more.

    Of a GPU that is lost nothing can be given back; what computes without it goes on.
    """
    with ONE_AT_A_TIME, suppress(torch.AcceleratorError):
        torch.cuda.empty_cache()
