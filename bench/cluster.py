"""What a Ray cluster adds to a call, beside a process of this machine: python bench/cluster.py

A model that does nothing but answer, with 27 kB of text (a JPEG of 512 pixels) and 786 kB (its
pixels), is asked in turns: in a process here, on the cluster through the deployment's handle, and,
with `--http also`, the same answers by Ray's own HTTP server at port 8765: its Python proxy, or
HAProxy where the cluster and this were started with RAY_SERVE_ENABLE_HA_PROXY=1 (then `--http
only`: such a cluster takes no router of ours).

Times are of a whole call; CPU is that of this program with its children, and of Ray's other
processes. A cluster must run here: taxiway cluster head.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from statistics import median, quantiles
from typing import Any, ClassVar

import numpy as np
import psutil

from taxiway.core.command import Command
from taxiway.core.datatypes import Image, Number, Text
from taxiway.core.model import ModelSpec
from taxiway.engine.engine import Engine

SIZES = {"27 kB": 27_000, "786 kB": 786_432}
RAY = ("ray::", "raylet", "gcs_server", "haproxy")


class Answering:
    """Text of 27 kB, or 512 x 512 pixels, made beforehand."""

    deterministic = True
    options: ClassVar[dict[str, Any]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "text": Command(name="text", inputs={"n": Number(default=0)}, outputs={"text": Text()}),
        "image": Command(name="image", inputs={"n": Number(default=0)}, outputs={"image": Image()}),
    }

    def setup(self, device: str, options: dict[str, Any]) -> None:
        self.text = "x" * SIZES["27 kB"]
        self.image = np.zeros((512, 512, 3), np.uint8)

    def predict(self, command: str, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{command: getattr(self, command)} for _ in batch]


def cpu() -> dict[str, float]:
    """Seconds of CPU time so far: of this process with its children, and of Ray's others."""
    own = psutil.Process()
    mine = [own, *own.children(recursive=True)]
    known = {process.pid for process in mine}
    spent = {"here": 0.0, "ray": 0.0}
    for process in psutil.process_iter(["cmdline"]):
        line = (process.info["cmdline"] or [""])[0]
        where = "here" if process.pid in known else "ray" if is_rays(line) else ""
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        if where:
            spent[where] += times.user + times.system
    return spent


def is_rays(line: str) -> bool:
    """Whether that is the name of a process of Ray's."""
    return line.startswith("ray::") or line.rpartition("/")[2] in RAY


async def main(on: str, count: int, rounds: int, http: str) -> None:
    # Ray starts its HTTP server before anything else or not at all.
    through_http = by_http() if http else {}
    there = "cluster by our handle"
    places = {"process here": "", **({there: on} if http != "only" else {})}
    async with Engine() as engine:
        for name, address in places.items():
            await engine.start(ModelSpec(name=name, family="cluster:Answering", on=address))
            await engine.ready(name)
        asks: dict[tuple[str, str], Callable[[], Awaitable[object]]] = {}
        for name in places:
            for size, command in (("27 kB", "text"), ("786 kB", "image")):
                asks[name, size] = lambda name=name, command=command: engine.run(name, {}, command)
        asks |= through_http
        found: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
        idle = await idle_cpu()
        for _ in range(rounds):
            for kind, ask in asks.items():
                found.setdefault(kind, []).append(await measured(ask, count, idle))
    print(f"{'':24} {'answer':>7} {'p50 ms':>7} {'p99 ms':>7} {'CPU ms here':>12} {'in Ray':>7}")
    for (name, size), runs in found.items():
        p50, p99, own, rays = (median(column) for column in zip(*runs, strict=True))
        print(f"{name:24} {size:>7} {p50:7.2f} {p99:7.2f} {own:12.2f} {rays:7.2f}")
    print(f"Ray while nobody asks: {100 * idle['ray']:.1f} % of a core")


class Slow:
    """Takes a tenth of a second for each call, as a network on a GPU of its own would."""

    options: ClassVar[dict[str, Any]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "wait": Command(name="wait", inputs={}, outputs={"done": Number()}, max_batch=1)
    }

    def setup(self, device: str, options: dict[str, Any]) -> None:
        pass

    def predict(self, command: str, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        time.sleep(0.1)
        return [{"done": 1}]


async def scaled(on: str, replicas: int, seconds: float = 10.0) -> float:
    """Answers a second of that many replicas to 16 askers."""
    spec = ModelSpec(name="slow", family="cluster:Slow", on=f"{on}&replicas={replicas}")
    async with Engine() as engine:
        await engine.start(spec)
        await engine.ready("slow")
        await asyncio.gather(*(engine.run("slow", {}) for _ in range(20 * replicas)))
        until, count = time.perf_counter() + seconds, 0

        async def ask() -> None:
            nonlocal count
            while time.perf_counter() < until:
                await engine.run("slow", {})
                count += 1

        await asyncio.gather(*(ask() for _ in range(16)))
    return count / seconds


async def idle_cpu() -> dict[str, float]:
    """CPU seconds a second while nobody asks."""
    before = cpu()
    await asyncio.sleep(5)
    return {where: (spent - before[where]) / 5 for where, spent in cpu().items()}


async def measured(
    ask: Callable[[], Awaitable[object]], count: int, idle: dict[str, float]
) -> tuple[float, float, float, float]:
    """p50 and p99 in ms, and CPU in ms a call, without what is spent when nobody asks."""
    for _ in range(5):
        await ask()
    before, began, times = cpu(), time.perf_counter(), []
    for _ in range(count):
        start = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - start) * 1000)
    passed = time.perf_counter() - began
    spent = {w: (s - before[w] - idle[w] * passed) / count * 1000 for w, s in cpu().items()}
    return median(times), quantiles(times, n=100)[98], spent["here"], spent["ray"]


def by_http() -> dict[tuple[str, str], Callable[[], Awaitable[object]]]:
    """The same answers by Ray's own HTTP server."""
    import logging

    import httpx

    from taxiway.engine.cluster.settings import quiet

    quiet(os.environ)  # which Ray reads once it is imported
    import ray
    from ray import serve

    ray.init(address="auto", log_to_driver=False, logging_level=logging.ERROR)
    serve.start(http_options={"port": 8765})

    @serve.deployment(ray_actor_options={"num_cpus": 0.5})
    class Bytes:
        async def __call__(self, request: Any) -> Any:
            from starlette.responses import Response

            return Response(b"x" * int(request.query_params["n"]))

    serve.run(Bytes.bind(), name="bytes", route_prefix="/bytes")
    client = httpx.AsyncClient(timeout=30)

    async def ask(size: int) -> None:
        answer = await client.get(f"http://127.0.0.1:8765/bytes?n={size}")
        assert len(answer.content) == size

    return {("Ray's HTTP", name): (lambda n=n: ask(n)) for name, n in SIZES.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", default="ray?cpus=0.5")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--http", default="", choices=("also", "only"))
    parser.add_argument("--scale", action="store_true", help="answers a second of 1, 2, 4 replicas")
    given = parser.parse_args()
    if given.scale:
        for replicas in (1, 2, 4):
            print(f"{replicas}: {asyncio.run(scaled(given.on, replicas)):.1f} answers a second")
    else:
        asyncio.run(main(given.on, given.count, given.rounds, given.http))
