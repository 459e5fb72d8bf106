"""One slot and two credits a viewer; nobody waits for anybody; each picture is encoded once."""

import asyncio
import io
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from session_fakes import Clock
from taxiway.core.frame import Frame
from taxiway.live import broadcast as broadcast_module
from taxiway.live.broadcast import Broadcast, Viewer
from toys import gradient

PIXELS = gradient(np.zeros(512), 64)


def frame(pixels: np.ndarray = PIXELS) -> Frame:
    return Frame(pixels=pixels, index=0, time=0.0, merged=3)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broadcast(clock: Clock) -> Iterator[Broadcast]:
    broadcast = Broadcast(clock=clock)
    yield broadcast
    broadcast.close()


def watch(broadcast: Broadcast) -> Viewer:
    return broadcast.join(lambda: None)


def numbers_taken(viewer: Viewer) -> list[int]:
    taken = []
    while (encoded_frame := viewer.take()) is not None:
        taken.append(encoded_frame.frame.index)
    return taken


def test_a_viewer_gets_the_newest_and_never_the_past(broadcast: Broadcast) -> None:
    viewer = watch(broadcast)
    for _ in range(5):
        broadcast.publish(frame())
    assert numbers_taken(viewer) == [5]


def test_two_pictures_may_be_on_their_way_and_no_third(broadcast: Broadcast) -> None:
    viewer = watch(broadcast)
    taken = []
    for _ in range(4):
        broadcast.publish(frame())
        taken += numbers_taken(viewer)
    assert taken == [1, 2]
    viewer.acknowledge(1)
    assert numbers_taken(viewer) == [4]


def test_an_acknowledgement_covers_all_before_it_and_nothing_twice(broadcast: Broadcast) -> None:
    viewer = watch(broadcast)
    for _ in range(2):
        broadcast.publish(frame())
        numbers_taken(viewer)
    for _ in range(3):
        viewer.acknowledge(2)
    taken = []
    for _ in range(4):
        broadcast.publish(frame())
        taken += numbers_taken(viewer)
    assert taken == [3, 4]


def test_a_slow_viewer_does_not_delay_a_fast_one(broadcast: Broadcast) -> None:
    slow, fast = watch(broadcast), watch(broadcast)
    seen: dict[Viewer, list[int]] = {slow: [], fast: []}
    for _ in range(10):
        broadcast.publish(frame())
        for viewer in (slow, fast):
            seen[viewer] += numbers_taken(viewer)
        fast.acknowledge(seen[fast][-1])
    assert seen[fast] == list(range(1, 11))
    assert seen[slow] == [1, 2]
    slow.acknowledge(2)
    assert numbers_taken(slow) == [10]


def test_who_owes_an_acknowledgement_for_three_seconds_is_paused_until_it_comes(
    broadcast: Broadcast, clock: Clock
) -> None:
    viewer = watch(broadcast)
    broadcast.publish(frame())
    assert numbers_taken(viewer) == [1]
    clock.now += 3.1
    broadcast.publish(frame())
    assert viewer.owing() == pytest.approx(3.1)
    assert numbers_taken(viewer) == []
    viewer.acknowledge(1)
    assert viewer.owing() == 0
    assert numbers_taken(viewer) == [2]


def test_who_has_drawn_everything_owes_nothing_however_long_it_waits(
    broadcast: Broadcast, clock: Clock
) -> None:
    viewer = watch(broadcast)
    broadcast.publish(frame())
    viewer.take()
    viewer.acknowledge(1)
    clock.now += 100
    assert viewer.owing() == 0


def test_who_joins_sees_the_newest_picture_at_once(broadcast: Broadcast) -> None:
    broadcast.publish(frame())
    assert numbers_taken(watch(broadcast)) == [1]


def test_it_knows_how_many_watch(broadcast: Broadcast) -> None:
    viewers = [watch(broadcast), watch(broadcast)]
    assert broadcast.watched == 2
    broadcast.leave(viewers[0])
    broadcast.leave(viewers[0])
    assert broadcast.watched == 1


def test_a_viewer_is_woken_by_a_picture_and_by_a_returned_credit(broadcast: Broadcast) -> None:
    woken = []
    viewer = broadcast.join(lambda: woken.append(True))
    broadcast.publish(frame())
    viewer.take()
    viewer.acknowledge(1)
    assert len(woken) == 2


def test_the_final_picture_comes_once_with_a_new_number_and_no_merged_changes(
    broadcast: Broadcast,
) -> None:
    viewer = watch(broadcast)
    broadcast.finish()
    broadcast.publish(frame())
    first = viewer.take()
    broadcast.finish()
    broadcast.finish()
    final = viewer.take()
    assert first is not None
    assert final is not None
    assert (first.final, first.frame.index, first.frame.merged) == (False, 1, 3)
    assert (final.final, final.frame.index, final.frame.merged) == (True, 2, 0)
    assert viewer.take() is None


async def test_a_picture_is_encoded_once_for_all(broadcast: Broadcast) -> None:
    viewers = [watch(broadcast) for _ in range(20)]
    broadcast.publish(frame())
    shots = [viewer.take() for viewer in viewers]
    with patch.object(
        broadcast_module, "encode_jpeg", wraps=broadcast_module.encode_jpeg
    ) as encode:
        encoded = await asyncio.gather(
            *(encoded_frame.encoded() for encoded_frame in shots if encoded_frame)
        )
    assert encode.call_count == 1
    assert len({id(one) for one in encoded}) == 1


async def test_one_viewer_that_leaves_while_encoding_takes_nothing_from_the_others(
    broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast_module, "SMALL_BYTES", 0)
    viewers = [watch(broadcast), watch(broadcast)]
    broadcast.publish(frame())
    leaving, staying = (
        asyncio.ensure_future(encoded_frame.encoded())
        for viewer in viewers
        if (encoded_frame := viewer.take())
    )
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).data.startswith(b"\xff\xd8")


async def test_a_final_picture_is_of_higher_quality(broadcast: Broadcast) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    broadcast.publish(frame(noise))
    assert broadcast.newest is not None
    live = await broadcast.newest.encoded()
    broadcast.finish()
    final = await broadcast.newest.encoded()
    assert len(final.data) > 1.3 * len(live.data)
    assert Image.open(io.BytesIO(final.data)).size == (64, 64)
    assert live.encode_ms > 0


async def test_a_picture_with_transparency_goes_as_png(broadcast: Broadcast) -> None:
    broadcast.publish(frame(np.zeros((8, 8, 4), np.uint8)))
    assert broadcast.newest is not None
    encoded = await broadcast.newest.encoded()
    assert encoded.format == "PNG"
    assert Image.open(io.BytesIO(encoded.data)).mode == "RGBA"


def test_a_held_picture_is_made_for_the_first_who_looks(broadcast: Broadcast) -> None:
    made = []

    def make() -> Frame:
        made.append(1)
        return frame()

    broadcast.publish(frame())
    broadcast.hold(make)
    broadcast.hold(make)
    assert (made, broadcast.is_settled) == ([], False)
    assert numbers_taken(watch(broadcast)) == numbers_taken(watch(broadcast)) == [2]
    broadcast.finish()
    assert (made, broadcast.is_settled) == ([1], True)
    broadcast.hold(make)  # somebody looks already
    assert made == [1, 1]
    assert broadcast.newest is not None
    assert broadcast.newest.frame.index == 3
