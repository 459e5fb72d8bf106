"""One slot and two credits a viewer; nobody waits for anybody; each picture is encoded once."""

import asyncio
import io
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from stage_fakes import Clock
from taxiway.core.frame import Frame
from taxiway.live import fanout as fanout_module
from taxiway.live.fanout import Fanout, Viewer
from toys import gradient

PIXELS = gradient(np.zeros(512), 64)


def frame(pixels: np.ndarray = PIXELS) -> Frame:
    return Frame(pixels=pixels, index=0, time=0.0, merged=3)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fanout(clock: Clock) -> Iterator[Fanout]:
    fanout = Fanout(clock=clock)
    yield fanout
    fanout.close()


def watch(fanout: Fanout) -> Viewer:
    return fanout.join(lambda: None)


def numbers_taken(viewer: Viewer) -> list[int]:
    taken = []
    while (shot := viewer.take()) is not None:
        taken.append(shot.frame.index)
    return taken


def test_a_viewer_gets_the_newest_and_never_the_past(fanout: Fanout) -> None:
    viewer = watch(fanout)
    for _ in range(5):
        fanout.publish(frame())
    assert numbers_taken(viewer) == [5]


def test_two_pictures_may_be_on_their_way_and_no_third(fanout: Fanout) -> None:
    viewer = watch(fanout)
    taken = []
    for _ in range(4):
        fanout.publish(frame())
        taken += numbers_taken(viewer)
    assert taken == [1, 2]
    viewer.acknowledge(1)
    assert numbers_taken(viewer) == [4]


def test_an_acknowledgement_covers_all_before_it_and_nothing_twice(fanout: Fanout) -> None:
    viewer = watch(fanout)
    for _ in range(2):
        fanout.publish(frame())
        numbers_taken(viewer)
    for _ in range(3):
        viewer.acknowledge(2)
    taken = []
    for _ in range(4):
        fanout.publish(frame())
        taken += numbers_taken(viewer)
    assert taken == [3, 4]


def test_a_slow_viewer_does_not_delay_a_fast_one(fanout: Fanout) -> None:
    slow, fast = watch(fanout), watch(fanout)
    seen: dict[Viewer, list[int]] = {slow: [], fast: []}
    for _ in range(10):
        fanout.publish(frame())
        for viewer in (slow, fast):
            seen[viewer] += numbers_taken(viewer)
        fast.acknowledge(seen[fast][-1])
    assert seen[fast] == list(range(1, 11))
    assert seen[slow] == [1, 2]
    slow.acknowledge(2)
    assert numbers_taken(slow) == [10]


def test_who_owes_an_acknowledgement_for_three_seconds_is_paused_until_it_comes(
    fanout: Fanout, clock: Clock
) -> None:
    viewer = watch(fanout)
    fanout.publish(frame())
    assert numbers_taken(viewer) == [1]
    clock.now += 3.1
    fanout.publish(frame())
    assert viewer.owing() == pytest.approx(3.1)
    assert numbers_taken(viewer) == []
    viewer.acknowledge(1)
    assert viewer.owing() == 0
    assert numbers_taken(viewer) == [2]


def test_who_has_drawn_everything_owes_nothing_however_long_it_waits(
    fanout: Fanout, clock: Clock
) -> None:
    viewer = watch(fanout)
    fanout.publish(frame())
    viewer.take()
    viewer.acknowledge(1)
    clock.now += 100
    assert viewer.owing() == 0


def test_who_joins_sees_the_newest_picture_at_once(fanout: Fanout) -> None:
    fanout.publish(frame())
    assert numbers_taken(watch(fanout)) == [1]


def test_it_knows_how_many_watch(fanout: Fanout) -> None:
    viewers = [watch(fanout), watch(fanout)]
    assert fanout.watched == 2
    fanout.leave(viewers[0])
    fanout.leave(viewers[0])
    assert fanout.watched == 1


def test_a_viewer_is_woken_by_a_picture_and_by_a_returned_credit(fanout: Fanout) -> None:
    woken = []
    viewer = fanout.join(lambda: woken.append(True))
    fanout.publish(frame())
    viewer.take()
    viewer.acknowledge(1)
    assert len(woken) == 2


def test_the_final_picture_comes_once_with_a_new_number_and_no_merged_changes(
    fanout: Fanout,
) -> None:
    viewer = watch(fanout)
    fanout.finish()
    fanout.publish(frame())
    first = viewer.take()
    fanout.finish()
    fanout.finish()
    final = viewer.take()
    assert first is not None
    assert final is not None
    assert (first.final, first.frame.index, first.frame.merged) == (False, 1, 3)
    assert (final.final, final.frame.index, final.frame.merged) == (True, 2, 0)
    assert viewer.take() is None


async def test_a_picture_is_encoded_once_for_all(fanout: Fanout) -> None:
    viewers = [watch(fanout) for _ in range(20)]
    fanout.publish(frame())
    shots = [viewer.take() for viewer in viewers]
    with patch.object(fanout_module, "encode_jpeg", wraps=fanout_module.encode_jpeg) as encode:
        encoded = await asyncio.gather(*(shot.encoded() for shot in shots if shot))
    assert encode.call_count == 1
    assert len({id(one) for one in encoded}) == 1


async def test_one_viewer_that_leaves_while_encoding_takes_nothing_from_the_others(
    fanout: Fanout,
) -> None:
    viewers = [watch(fanout), watch(fanout)]
    fanout.publish(frame())
    leaving, staying = (
        asyncio.ensure_future(shot.encoded()) for viewer in viewers if (shot := viewer.take())
    )
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).data.startswith(b"\xff\xd8")


async def test_a_final_picture_is_of_higher_quality(fanout: Fanout) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    fanout.publish(frame(noise))
    assert fanout.newest is not None
    live = await fanout.newest.encoded()
    fanout.finish()
    final = await fanout.newest.encoded()
    assert len(final.data) > 1.3 * len(live.data)
    assert Image.open(io.BytesIO(final.data)).size == (64, 64)
    assert live.encode_ms > 0


async def test_a_picture_with_transparency_goes_as_png(fanout: Fanout) -> None:
    fanout.publish(frame(np.zeros((8, 8, 4), np.uint8)))
    assert fanout.newest is not None
    encoded = await fanout.newest.encoded()
    assert encoded.format == "PNG"
    assert Image.open(io.BytesIO(encoded.data)).mode == "RGBA"
