"""Newest wins; others are told; nothing of the past is kept."""

from hypothesis import given
from hypothesis import strategies as st

from session_fakes import Clock
from taxiway.core.frame import Mark
from taxiway.live.controls import Controls, Entry


def test_the_newest_value_wins_and_overtaken_changes_are_counted() -> None:
    controls = Controls()
    for number in range(5):
        controls.set({"truncation": number / 10}, "page", Mark(number + 1, 20.0 * number))
    snapshot = controls.snapshot()
    assert snapshot.values == {"truncation": 0.4}
    assert snapshot.version == controls.version == 5
    assert snapshot.marks == {"page": Mark(5, 80.0)}
    assert snapshot.merged == 4
    assert controls.snapshot().merged == 0


def test_every_change_is_told() -> None:
    told = []
    controls = Controls(lambda: told.append(controls.version))
    controls.set({"a": 1})
    controls.set({"a": 1})
    assert told == [1, 2]


def test_none_unsets() -> None:
    controls = Controls()
    controls.set({"truncation": 0.5, "label": 2})
    controls.set({"truncation": None})
    assert controls.snapshot().values == {"label": 2}


def test_z_and_w_exclude_each_other() -> None:
    controls = Controls()
    controls.one_of = ("z", "w")
    controls.set({"z": 1, "label": 3})
    controls.set({"w": 2})
    assert controls.values() == {"w": 2, "label": 3}
    controls.set({"z": 4})
    assert controls.values() == {"z": 4, "label": 3}
    controls.set({"label": 5, "w": None})
    assert controls.values() == {"z": 4, "label": 5}


def test_a_snapshot_does_not_change_any_more() -> None:
    controls = Controls()
    controls.set({"a": 1}, "page", Mark(1, 1.0))
    snapshot = controls.snapshot()
    controls.set({"a": 2}, "page", Mark(2, 2.0))
    assert (snapshot.values, snapshot.marks) == ({"a": 1}, {"page": Mark(1, 1.0)})


def test_a_source_hears_what_others_changed_and_not_what_it_did_itself() -> None:
    controls = Controls(clock=Clock())
    controls.set({"a": 1}, "one")
    version = controls.version
    controls.set({"b": 2}, "one")
    controls.set({"c": 3}, "two", origin={"seed": 3})
    assert controls.since(version, "one") == {"c": Entry(3, 3, "two", {"seed": 3}, Clock().now)}
    assert controls.since(version, "two").keys() == {"b"}
    assert controls.since(controls.version, "three") == {}


def test_a_source_that_left_has_no_mark_but_leaves_its_values() -> None:
    controls = Controls()
    controls.set({"a": 1}, "page", Mark(1, 1.0))
    controls.forget("page")
    controls.forget("nobody")
    snapshot = controls.snapshot()
    assert (snapshot.values, snapshot.marks) == ({"a": 1}, {})


def test_resting_is_the_time_since_the_last_change() -> None:
    clock = Clock()
    controls = Controls(clock=clock)
    assert controls.resting() > 1e6
    controls.set({"a": 1})
    clock.now += 0.25
    assert controls.resting() == 0.25


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.integers() | st.none(), max_size=3)),
    st.integers(0, 20),
)
def test_following_the_changes_from_any_point_ends_with_the_same_values(
    changes: list[dict[str, int | None]], point: int
) -> None:
    controls = Controls()
    followed = {}
    version = 0
    for number, change in enumerate(changes):
        controls.set(change, "other")
        if number == point:
            followed = controls.values()
            version = controls.version
    for name, entry in controls.since(version, "me").items():
        followed[name] = entry.value
    assert {name: value for name, value in followed.items() if value is not None} == (
        controls.values()
    )
