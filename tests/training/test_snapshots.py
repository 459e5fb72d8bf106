import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.training import snapshots
from taxiway.training.snapshots import MOST, hold, kept, kimg_of, name_of, spread, thin


def write(folder: Path, kimg: float, kid: float = 0.1) -> None:
    """A snapshot as a training leaves it."""
    place = folder / snapshots.FOLDER
    place.mkdir(parents=True, exist_ok=True)
    card = {"metrics": {"kid": kid, "kimg": kimg}}
    (place / f"{name_of(kimg)}.json").write_text(json.dumps(card))
    (place / f"{name_of(kimg)}.safetensors").write_bytes(b"")


def kimgs(folder: Path) -> list[float]:
    return [snapshot.kimg for snapshot in kept(folder)]


@given(st.lists(st.floats(0.01, 500), min_size=1, max_size=300))
def test_what_is_kept_is_bounded_and_the_same_whenever_it_is_thinned(gaps) -> None:
    came, online = [0.0], {0.0}
    for gap in gaps:
        came.append(came[-1] + gap)
        online = spread([*online, came[-1]])
        assert len(online) <= MOST + 1
        assert {0.0, came[-1]} <= online
    assert online == spread(came)


@given(st.integers(1, 3000), st.sampled_from([0.5, 1, 4, 5, 10, 100]))
def test_what_is_kept_of_regular_snapshots_is_spread_evenly(count, every) -> None:
    online: set[float] = set()
    for index in range(count + 1):
        online = spread([*online, index * every])
    assert len(online) > min(count, MOST / 2)
    *others, last = sorted(online)
    gaps = [after - before for before, after in zip(others, [*others[1:], last], strict=True)]
    even = max(count * every / MOST, every)
    assert max(gaps) <= 2 * even + every
    assert all(gap >= even - every for gap in gaps[:-1])


def test_nothing_is_kept_of_nothing() -> None:
    assert spread([]) == set()


def test_the_best_and_what_was_played_stay(tmp_path) -> None:
    for kimg in range(1, 200):
        write(tmp_path, kimg)
        if kimg == 33:
            (tmp_path / "best.json").write_text(json.dumps({"metrics": {"kimg": 33.02}}))
        if kimg == 71:
            hold(tmp_path, name_of(71))
        thin(tmp_path)
    grid = [float(kimg) for kimg in range(16, 200, 16)]
    assert kimgs(tmp_path) == sorted([1.0, *grid, 33.0, 71.0, 199.0])
    left = {path.name for path in (tmp_path / snapshots.FOLDER).iterdir()}
    assert len(left) == 2 * len(kimgs(tmp_path)) + 1


def test_a_snapshot_is_told_with_the_figures_of_its_card(tmp_path) -> None:
    write(tmp_path, 20.016, kid=0.04)
    (found,) = kept(tmp_path)
    assert (found.name, found.kimg) == ("000020.0kimg", 20)
    assert found.metrics == {"kid": 0.04, "kimg": 20.016}


@pytest.mark.parametrize("card", [b"", b"[]", b'{"metrics": 1}', b'{"metrics": {"kid": null}}'])
def test_a_card_that_is_not_understood_tells_no_figures(tmp_path, card) -> None:
    write(tmp_path, 4)
    (tmp_path / snapshots.FOLDER / "000004.0kimg.json").write_bytes(card)
    assert [snapshot.metrics for snapshot in kept(tmp_path)] == [{}]
    (tmp_path / snapshots.FOLDER / "000004.0kimg.json").unlink()
    assert [snapshot.metrics for snapshot in kept(tmp_path)] == [{}]
    (tmp_path / "best.json").write_bytes(card)
    thin(tmp_path)
    assert kimgs(tmp_path) == [4]


def test_only_whole_models_of_trainings_are_told(tmp_path) -> None:
    write(tmp_path, 4)
    place = tmp_path / snapshots.FOLDER
    for name in ("000008.0kimg.json", ".000008.0kimg.safetensors.x1", "mine.safetensors"):
        (place / name).write_bytes(b"{}")
    (place / "000009.0kimg.safetensors").symlink_to(place / "mine.safetensors")
    (place / "000010.0kimg.safetensors").mkdir()
    assert kimgs(tmp_path) == [4]
    assert kept(tmp_path / "none") == []


@given(st.floats(0, 1e6))
def test_a_name_tells_how_far_a_snapshot_is(kimg) -> None:
    assert kimg_of(name_of(kimg)) == pytest.approx(kimg, abs=0.051)


@pytest.mark.parametrize("name", ["", "model", "../000004.0kimg", "4kimg.json", "nankimg", "٤kimg"])
def test_no_other_name_is_that_of_a_snapshot(name) -> None:
    assert kimg_of(name) is None
