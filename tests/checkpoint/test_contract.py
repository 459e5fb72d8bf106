"""A wrong picture is never silent.

Over every genuine file: one tensor or attribute dropped, renamed or added leads to the same
network, to a note that was not there, or to a refusal. Networks are compared by what their
pictures are computed from, so that nothing need be computed.
"""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import examples
from paths import FIXTURES
from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.arrays import PickledArray
from taxiway.checkpoint.containers import find_generator
from taxiway.checkpoint.limits import Broken, Budget, Refused
from taxiway.checkpoint.machine import Reading, Seen
from taxiway.checkpoint.reader import checked, found_in, open_source, read_top
from taxiway.checkpoint.source import Source
from taxiway.checkpoint.tensors import Tensor, single
from taxiway.checkpoint.values import Module, Record

FILES = sorted(
    path.name
    for path in FIXTURES.glob("*.p[kt]*")
    if "z512" not in path.name and "fused" not in path.name
)
UNSEEN = {"w_avg_beta", "use_fp16", "is_critically_sampled"}
"""What a config has that no picture depends on."""
NEW = "another_one"


class Place(NamedTuple):
    """A dictionary or list of the file in which something can be changed, and what of it."""

    holder: Any
    key: Any


class Opened(NamedTuple):
    """A file's top object, what was seen on the way, and where it can be changed."""

    top: Any
    seen: Seen
    size: int
    places: list[Place]


@cache
def opened(name: str) -> Opened:
    with open_source(FIXTURES / name) as source:
        whole = Source.of(source.whole().read())
    seen = Seen()
    top = read_top(whole, Reading(Budget(whole.size), seen))
    generator = find_generator(top)
    assert generator is not None
    # a dictionary of tensors is found as a copy, without its prefixes
    within = top if isinstance(generator.value, dict) else generator.value
    return Opened(top, seen, whole.size, list(places(within, set())))


def places(value: Any, done: set[int]) -> Iterator[Place]:
    """Every entry of the dictionaries and lists that a generator is made of."""
    if id(value) in done or isinstance(value, (Tensor, PickledArray)):
        return
    done.add(id(value))
    holder = value.state if isinstance(value, (Module, Record)) else value
    if isinstance(holder, dict):
        for key in holder:
            if not (isinstance(key, str) and key.endswith(("_hooks", "_kwargs", "_args"))
                    and key != "static_kwargs"):  # fmt: skip
                yield Place(holder, key)
                yield from places(holder[key], done)
    elif isinstance(holder, list):
        for index, item in enumerate(holder):
            yield Place(holder, index)
            yield from places(item, done)


@cache
def original(name: str) -> Checkpoint:
    return read(opened(name))


def read(file: Opened) -> Checkpoint:
    return checked(found_in(file.top, Budget(4 * file.size), copy.deepcopy(file.seen)))


def drop(holder: Any, key: Any) -> None:
    del holder[key]


def rename(holder: Any, key: Any) -> None:
    if isinstance(holder, list):  # TensorFlow's variables, each with its name
        item = holder[key]
        holder[key] = (f"{item[0]}_{NEW}", item[1]) if isinstance(item, tuple) else NEW
    else:
        holder[f"{key}_{NEW}"] = holder.pop(key)


def add(holder: Any, key: Any) -> None:
    """One more of the kind that stands there."""
    value = holder[key]
    if isinstance(holder, list):
        holder.append((NEW, PickledArray(single(1.0))) if isinstance(value, tuple) else value)
    else:
        holder[NEW] = copy.copy(value)


CHANGES: dict[str, Callable[[Any, Any], None]] = {"drop": drop, "rename": rename, "add": add}


def outcome(name: str, place: Place, change: str) -> str:
    """What comes of a change: same, noted, refused; or silent, which is the fault."""
    holder, before = place.holder, copy.copy(place.holder)
    CHANGES[change](holder, place.key)
    try:
        found = read(opened(name))
    except (Broken, Refused):
        return "refused"
    finally:
        holder.clear()
        holder.update(before) if isinstance(holder, dict) else holder.extend(before)
    wanted = original(name)
    if set(found.source["notes"]) - set(wanted.source["notes"]):
        return "noted"
    return "same" if same(found, wanted) else "silent"


def same(found: Checkpoint, wanted: Checkpoint) -> bool:
    """Whether both make the same pictures."""
    if found.family != wanted.family or plain(found.config) != plain(wanted.config):
        return False
    if found.tensors.keys() != wanted.tensors.keys():
        return False
    return all(
        np.array_equal(array, wanted.tensors[name], equal_nan=True)
        for name, array in found.tensors.items()
    )


def plain(config: Any) -> Any:
    """A config without what no picture depends on."""
    if isinstance(config, dict):
        return {key: plain(value) for key, value in config.items() if key not in UNSEEN}
    return [plain(item) for item in config] if isinstance(config, list) else config


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_changed_is_the_same(name: str) -> None:
    assert same(read(opened(name)), original(name))


@settings(max_examples=examples(240), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_change_is_silent(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FILES))
    found = opened(name).places
    place = found[data.draw(st.integers(0, len(found) - 1))]
    change = data.draw(st.sampled_from(sorted(CHANGES)))
    assert outcome(name, place, change) != "silent", (name, place.key, change)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_no_change_at_all_is_silent(name: str) -> None:
    silent = [
        (place.key, change)
        for place in opened(name).places
        for change in CHANGES
        if outcome(name, place, change) == "silent"
    ]
    assert silent == []


def test_every_outcome_occurs() -> None:
    """Else the comparison itself would be blind."""
    file = opened("stylegan2-ada_32.pkl")
    keys = ("noise_const", "conv_clamp", "fused_modconv_default", "num_torgb")
    found = {
        outcome("stylegan2-ada_32.pkl", place, "drop") for place in file.places if place.key in keys
    }
    assert found == {"refused", "noted", "same"}
