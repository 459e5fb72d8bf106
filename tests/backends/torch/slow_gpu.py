"""A GPU on the processor, whose two queues get on as late as can be."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch

CPU = torch.device("cpu")


class SlowGpu:
    """Records on a processor, with a GPU's two queues, which get on as late and in any order as
    `chooses` says: it takes how many could go on, and says which does, or none for now."""

    def __init__(
        self,
        spoil: float = 0.0,
        fails: bool = False,
        chooses: Callable[[int], int | None] = lambda able: None,
    ) -> None:
        self.recorded = self.played = self.tried = 0
        self._spoil, self._fails, self._chooses = spoil, fails, chooses
        self._now, self._beside = deque[Any](), deque[Any]()
        self._turn = Lock()

    def record(
        self, call: Callable[..., Any], inputs: dict[str, Any]
    ) -> tuple[dict[str, Any], Callable[[], None]]:
        self.tried += 1
        if self._fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        self.recorded += 1
        outputs = {name: value.clone() for name, value in call(**inputs).items()}

        def compute() -> None:
            for name, value in call(**inputs).items():
                outputs[name].copy_(value + self._spoil)

        def play() -> None:
            self.played += 1
            # What is half computed is wrong.
            self._begin(lambda: [value.fill_(-1) for value in outputs.values()])
            self._begin(compute)

        return outputs, play

    def pinned(self, like: Any) -> Any:
        return torch.full_like(like, -2)

    def copy(self, to: Any, source: Any) -> None:
        self._begin(lambda: to.copy_(source))

    @contextmanager
    def beside(self) -> Iterator[None]:
        before = self.mark()
        self._now, self._beside = self._beside, self._now
        self._now.append(before)
        yield
        self._now, self._beside = self._beside, self._now

    def mark(self) -> "Reached":
        mark = Reached(self)
        self._begin(mark.reach)
        return mark

    def _begin(self, work: Callable[[], Any]) -> None:
        self._now.append(work)
        while self.go_on(self._chooses):
            pass

    def go_on(self, chooses: Callable[[int], int | None]) -> bool:
        """Do one piece of work, if there is one that `chooses` wants."""
        with self._turn:
            return self._go_on(chooses)

    def _go_on(self, chooses: Callable[[int], int | None]) -> bool:
        queues = (self._now, self._beside)
        able = [q for q in queues if q and not (isinstance(q[0], Reached) and not q[0].is_reached)]
        chosen = chooses(len(able)) if able else None
        if chosen is None:
            return False
        work = able[chosen].popleft()
        if not isinstance(work, Reached):
            work()
        return True


class Reached:
    """A mark; in a queue it holds that up until the other one has come there."""

    def __init__(self, gpu: SlowGpu) -> None:
        self._gpu = gpu
        self.is_reached = False

    def reach(self) -> None:
        self.is_reached = True

    def synchronize(self) -> None:
        while not self.is_reached:
            assert self._gpu.go_on(lambda able: able - 1) or self.is_reached  # by another thread
