"""A minute at full rate, of pictures that change their size, with receivers that come and go."""

import asyncio
import statistics
import threading
from pathlib import Path

import psutil
import pytest

from session_fakes import FakeEngine, on_session
from sinks.test_omt import receiver
from taxiway.latent.sample import z_of_seed
from taxiway.live.outputs import Outputs

omt = pytest.importorskip("cyomtlib", reason="cyomtlib is not installed")
SECONDS, WARM_SECONDS = 60.0, 15.0
SIZES = ((256, 256), (130, 201))
NAMES = ("record", "session", "omt", "ndi")


def come_and_go(ended: threading.Event, counts: list[int]) -> None:
    """Receive for two seconds, be gone for one; every other time go without a word."""
    while not ended.wait(1):
        with receiver() as receiving:
            for _ in range(40):
                found = receiving.receive(omt.FrameType.VIDEO, timeout_ms=50)
                counts[0] += found is not None


@pytest.mark.slow
async def test_nothing_grows_stops_or_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    engine, me, loop = FakeEngine(), psutil.Process(), asyncio.get_running_loop()
    engine.picture_size = SIZES[0]
    ended, received = threading.Event(), [0]
    samples: list[tuple[float, int, int]] = []
    gaps: list[float] = []
    async with on_session(engine) as session:
        outputs = Outputs(session)
        names = [name for name in NAMES if not outputs.members.probe(name)]
        for name in names:
            await outputs.start(name, {})
        while not outputs._feeds["omt"].output.sent:
            session.set({"z": z_of_seed(0)})
            await asyncio.sleep(0.01)
        thread = threading.Thread(target=come_and_go, args=(ended, received))
        thread.start()
        began, count = loop.time(), 0
        while (now := loop.time() - began) < SECONDS:
            count += 1
            engine.picture_size = SIZES[int(now // 7) % 2]
            session.set({"z": z_of_seed(count)})
            await asyncio.sleep(1 / 60)
            gaps.append(loop.time() - began - now)
            samples.append((now, me.memory_info().rss, me.num_fds()))
        states = {name: (await outputs.one(name)).state for name in names}
        ended.set()
        await asyncio.to_thread(thread.join)
        await outputs.close()
    assert set(states.values()) == {"on"}
    assert received[0] > SECONDS
    warm = [rss for at, rss, _ in samples if WARM_SECONDS < at < 2 * WARM_SECONDS]
    last = [rss for at, rss, _ in samples if at > SECONDS - WARM_SECONDS]
    assert statistics.median(last) - statistics.median(warm) < 24 * 2**20
    assert max(fds for _, _, fds in samples if fds) < samples[0][2] + 24
    assert statistics.median(gaps) < 0.05
    assert len(list((tmp_path / "recordings").glob("*.mp4"))) >= 7
    assert not [path for path in (tmp_path / "recordings").iterdir() if path.name[0] == "."]
