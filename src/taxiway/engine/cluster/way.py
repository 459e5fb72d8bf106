"""A way to a worker on a machine of a cluster, between standard input and output.

This is a process of its own: Ray ends whatever loses its cluster. What was begun over there goes
on, and the next way finds it again.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from taxiway.catalog.folder import data_folder, data_path
from taxiway.core.files import write_whole
from taxiway.engine.cluster.address import Cluster
from taxiway.engine.cluster.bridge import joined, said
from taxiway.engine.cluster.post import PIECE, Post
from taxiway.engine.cluster.settings import quiet
from taxiway.engine.places import ClusterPlace

ROOM_SECONDS = 4.0
"""How long a machine is waited for without a word."""


class Far(Protocol):
    """A `Post`, called from here; each call is waited for."""

    def open(self) -> int: ...

    def give(self, number: int, data: bytes) -> None: ...

    def take(self, number: int) -> bytes | None: ...


def carried(place: ClusterPlace) -> int:
    """Carry bytes until either side ends. What cannot be is said on standard error."""
    words, streams = os.dup(2), (0, os.dup(1))
    quiet(os.environ)
    # Ray has words for whatever ends; they are for whoever looks for them.
    with (data_folder() / "cluster-jobs.log").open("a") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)

    def say(sentence: str) -> None:
        with contextlib.suppress(OSError):
            os.write(words, f"{sentence}\n".encode())

    try:
        carry(post_at(place, say), *streams)
    except Exception as error:
        say(told(error))
        return 1
    os._exit(0)  # Ray takes a second to end, and who asked waits for that


def told(error: Exception) -> str:
    """In words; Ray's own for an actor that was lost have its number and take ten lines."""
    from ray.exceptions import RayActorError

    is_lost = isinstance(error, RayActorError)
    return "its machine, or what led to it there, was lost" if is_lost else said(error)


def carry(far: Far, source: int, out: int) -> None:
    """Carry bytes from the file `source` to a worker, and from there to the file `out`."""
    number = far.open()

    def inwards() -> None:
        with contextlib.suppress(Exception):  # the other direction says how it ended
            while data := os.read(source, PIECE):
                far.give(number, data)
            far.give(number, b"")

    threading.Thread(target=inwards, daemon=True).start()
    while (data := far.take(number)) != b"":
        view = memoryview(data or b"")
        while view:
            view = view[os.write(out, view) :]


def post_at(place: ClusterPlace, say: Callable[[str], None]) -> Far:
    """The actor of a session, made where there is none yet. Raises what Ray raises."""
    import ray

    from taxiway.engine.cluster.deployed import share

    cluster = Cluster.of(place.address)
    joined(cluster)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    kept = data_path() / "cluster-jobs" / place.name
    made = ray.remote(Post).options(
        name=f"taxiway-{place.session}",
        lifetime="detached",
        get_if_exists=True,
        scheduling_strategy=where(kept),
        **share(cluster),
    )
    return Actor(made.remote(place.session), kept, say)


class Actor:
    """A `Far` on a cluster, once there is room for it."""

    def __init__(self, handle: Any, kept: Path, say: Callable[[str], None]) -> None:
        import ray

        self._handle, self._get = handle, ray.get
        there = handle.machine.remote()
        if not ray.wait([there], timeout=ROOM_SECONDS)[0]:
            say("It waits for a machine of the cluster that has room.")
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(kept, self._get(there).encode())

    def open(self) -> int:
        number: int = self._get(self._handle.open.remote())
        return number

    def give(self, number: int, data: bytes) -> None:
        self._get(self._handle.give.remote(number, data))

    def take(self, number: int) -> bytes | None:
        data: bytes | None = self._get(self._handle.take.remote(number))
        return data


def where(kept: Path) -> Any:
    """The machine that was remembered, if that is there and has room; else any."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    with contextlib.suppress(FileNotFoundError):
        address = kept.read_text("utf-8")
        for node in ray.nodes():
            if node["Alive"] and node["NodeManagerAddress"] == address:
                return NodeAffinitySchedulingStrategy(node["NodeID"], soft=True)
    return "DEFAULT"
