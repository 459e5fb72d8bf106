"""One budget of memory for all that this process makes out of what comes from outside.

A small file may mean a large picture, and several are opened at a time on threads. Whoever is about
to make something large takes its room first, and waits where others have it.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEAST = 1_000_000_000


def memory_here() -> float:
    """Bytes of memory of this machine; infinity where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def memory_of(process: int) -> int | None:
    """Bytes of memory that a process has taken; None where the system does not say (Linux does)."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Budget:
    """So many bytes at a time, for all threads together.

    What a thread takes is given back at the end of its outermost block of `room` or `kept`, since
    what was made is used until then.
    """

    def __init__(self, total: float) -> None:
        self.total = total
        self._taken, self._changed = 0.0, threading.Condition()
        self._own = threading.local()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is taken within the block counts up to its end."""
        depth = getattr(self._own, "depth", 0)
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            if not depth:
                self._give(getattr(self._own, "bytes", 0.0))

    @contextmanager
    def room(self, size: float) -> Iterator[None]:
        """Waits for room for `size` bytes. Raises MemoryError where there can never be so much."""
        with self.kept():
            self._take(size)
            yield

    def _take(self, size: float) -> None:
        """What the thread has already is given back while it waits, so that none wait in a ring."""
        wanted = getattr(self._own, "bytes", 0.0) + size
        if wanted > self.total:
            raise MemoryError(f"{wanted / 1e9:.1f} GB, and {self.total / 1e9:.1f} may be taken")
        with self._changed:
            self._give(wanted - size)
            self._changed.wait_for(lambda: self._taken + wanted <= self.total)
            self._taken += wanted
            self._own.bytes = wanted

    def _give(self, size: float) -> None:
        with self._changed:
            self._taken -= size
            self._own.bytes = 0.0
            self._changed.notify_all()


BUDGET = Budget(max(LEAST, memory_here() / 2))
