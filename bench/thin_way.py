"""What is played over a way that loses packets, as each kind of picture: python bench/thin_way.py

The other machine is this one behind real TCP over late and lost packets (far_box.py; as root). A
walk of the painter's is played at 60 changes a second by a model that takes 30 ms for a picture.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

import numpy as np

from far_box import FarBox, far_box
from film_model import walk
from taxiway.core.model import ModelSpec
from taxiway.engine import sending
from taxiway.engine.engine import Engine
from taxiway.live.session import LiveSession

PLAYED = {
    "JPEG as a query's": (sending.WHOLE,),
    "JPEG, smaller where late": (sending.WHOLE, *sending.JPEGS),
    "H.264 where late": (sending.WHOLE, *sending.VIDEO),
}
SETTLES = 8.0
"""Seconds in which what is sent is chosen, before it is measured."""


def loss_of(shown: np.ndarray, true: np.ndarray) -> float:
    """Peak signal to noise, in decibels: more is better, 30 is coarse and 40 hardly seen."""
    off = float(np.mean((shown[::2, ::2].astype(np.float32) - true[::2, ::2]) ** 2))
    return 10 * float(np.log10(255**2 / max(off, 1e-3)))


async def played(engine: Engine, spec: ModelSpec, box: FarBox, seconds: float, name: str) -> None:
    """Play, and print what came."""
    frames = await asyncio.to_thread(np.load, spec.options["frames"])
    session = LiveSession(engine, spec)
    live = asyncio.create_task(session.run())
    sent: dict[int, float] = {}
    ages: list[float] = []
    came: list[float] = []
    close: list[float] = []

    def look() -> None:
        if (shown := viewer.take()) is None:
            return
        now = time.perf_counter()
        viewer.acknowledge(shown.frame.index)
        step = int(shown.frame.values["z"][0])
        if now < begins or step not in sent:
            return
        ages.append((now - sent[step]) * 1000)
        came.append(now)
        at = step % (2 * len(frames))
        if len(ages) % 5 == 0:
            close.append(loss_of(shown.frame.pixels, frames[min(at, 2 * len(frames) - 1 - at)]))

    viewer = session.broadcast.join(look)
    begins, step, bytes_before = time.perf_counter() + SETTLES, 0, 0
    ends = begins + seconds
    z = np.zeros(512, np.float32)
    while (now := time.perf_counter()) < ends:
        if now < begins:
            bytes_before = box.way.bytes_back
        z[0] = step = step + 1
        sent[step] = now
        session.set({"z": z.copy()}, "bench")
        await asyncio.sleep(1 / 60)
    came_bytes = box.way.bytes_back - bytes_before
    live.cancel()
    await asyncio.wait([live])
    gaps = np.diff(came) * 1000 if len(came) > 2 else np.zeros(1)
    print(
        f"{name}: {len(ages) / seconds:.0f} a second, age p50 {median(ages):.0f} ms, "
        f"p99 {quantiles(ages, n=100)[98]:.0f} ms, longest gap {gaps.max():.0f} ms, "
        f"{came_bytes * 8 / seconds / 1e6:.1f} Mbit/s, {fmean(close):.0f} dB; "
        f"{engine.running[spec.name].facts['on']}", flush=True,
    )  # fmt: skip


def always(ladder: tuple[sending.Sent, ...]) -> Any:
    """In place of `Choice.on`: that ladder, however far it is."""
    return classmethod(lambda kind, *_, **__: kind(ladder))


def trace() -> None:
    """Have every judgement printed."""
    judged = sending.Choice._judged

    def told(self: sending.Choice, mean: float, limit: float, now: float) -> bool:
        changed = judged(self, mean, limit, now)
        print(f"  {mean:.0f} of {limit:.0f} ms late: {self.words or 'whole'}", flush=True)
        return changed

    sending.Choice._judged = told  # type: ignore[method-assign]


async def main(box: FarBox, address: str, frames: Path, given: argparse.Namespace) -> None:
    for name, ladder in PLAYED.items():
        if not name.startswith(given.only):
            continue
        sending.Choice.on = always(ladder)  # type: ignore[assignment,method-assign]
        options = {"frames": str(frames), "milliseconds": given.milliseconds}
        spec = ModelSpec(name="film", family="film_model:Film", options=options, on=address)
        async with Engine() as engine:
            await engine.start(spec)
            await engine.ready(spec.name)
            await played(engine, spec, box, given.seconds, name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--away", type=float, default=100.0, metavar="MS")
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--mbit", type=float, default=0.0, help="what the way carries in a second")
    parser.add_argument("--congestion", default="cubic", help="the sender's: cubic, reno, bbr")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--milliseconds", type=float, default=30.0, help="that a picture takes")
    parser.add_argument("--tls", action="store_true", help="by TLS, not by ssh")
    parser.add_argument("--count", type=int, default=64, help="pictures of the walk")
    parser.add_argument("--only", default="", help="those whose names begin so")
    parser.add_argument("--trace", action="store_true", help="print every judgement")
    parser.add_argument("--frames", type=Path, help="where they are kept")
    given = parser.parse_args()
    if given.trace:
        trace()
    with tempfile.TemporaryDirectory() as folder:
        frames = given.frames or Path(folder) / "walk.npy"
        if not frames.exists():
            np.save(frames, walk(given.count, 512))
        with far_box(given.away, given.loss, given.mbit, given.congestion) as box:
            asyncio.run(main(box, box.tls if given.tls else box.ssh, frames, given))
