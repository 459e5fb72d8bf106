"""A network in parts computes those that a change concerns, and gives what it gives whole."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from taxiway.backends.openvino.network import OpenVinoNetwork
from taxiway.backends.openvino.parts import Chain
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.families.stylegan.bending.live import LiveBend, bent
from taxiway.families.stylegan.networks import graph_parts
from taxiway.families.stylegan.networks.graph_change import Change, unchanged
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.rendering.kept import KeptNetwork

WS = {"stylegan1": 14, "stylegan2": 12, "stylegan3": 16}
LATE = {"stylegan1": "b128.conv0", "stylegan2": "b128.conv0", "stylegan3": "L14_32_3"}
"""A layer of each network's last part."""


@cache
def checkpoint(family: str) -> Checkpoint:
    """A small one of more than one part, once the bounds are as `small` has them."""
    if family == "stylegan2":
        g = new_stylegan2(128, 512, 8, 2)
        for name, parameter in g.named_parameters():
            if name.endswith("noise_strength"):
                parameter.data.fill_(0.1)
        tensors = {name: tensor.numpy() for name, tensor in g.state_dict().items()}
        return Checkpoint("stylegan2", g.config, tensors, {})
    name = {"stylegan1": "stylegan1_256-fused", "stylegan3": "stylegan3-t_32"}[family]
    return read_checkpoint(FIXTURES / f"{name}.pkl")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks have parts, too."""
    monkeypatch.setattr(graph_parts, "MANY", 6)
    monkeypatch.setattr(graph_parts, "LARGE", 32)


def network(family: str, change: Change = unchanged) -> OpenVinoNetwork:
    graph, _ = graphs_of(checkpoint(family), change=change)
    made = OpenVinoNetwork(graph, "float32", 1)
    made.keeps = True
    return made


def whole(family: str, monkeypatch: pytest.MonkeyPatch, change: Change = unchanged) -> Any:
    """The same network, of which nothing is kept."""
    with monkeypatch.context() as patched:
        patched.setattr(graph_parts, "MANY", 99)
        patched.setattr(graph_parts, "LARGE", 9999)
        made = network(family, change)
        made.form(1, {"noise_mode": "const"})
    return made


def inputs(family: str, changed: slice = slice(0), noise: str = "const") -> dict[str, Any]:
    """A call, the w of some layers other than those of the first."""
    config = checkpoint(family).config
    rng = np.random.default_rng(len(range(*changed.indices(config["num_ws"]))))
    ws = np.random.default_rng(5).standard_normal((1, config["num_ws"], config["w_dim"]))
    ws[:, changed] += rng.standard_normal(ws[:, changed].shape)
    return {"ws": ws.astype(np.float32), "noise_mode": noise}


def chain(made: OpenVinoNetwork) -> Chain:
    [found] = made.forms.values()
    return found


def computed(made: OpenVinoNetwork, call: dict[str, Any]) -> list[bool]:
    """Which parts a call lets compute."""
    before = [link.times for link in chain(made).links]
    made.run(call)
    return [link.times > times for link, times in zip(chain(made).links, before, strict=True)]


def same(a: Any, b: Any) -> bool:
    """Whether two pictures are the same but for a level here and there."""
    return int(np.abs(a["image"].astype(int) - b["image"].astype(int)).max()) <= 1


@pytest.mark.parametrize("family", WS)
def test_only_what_comes_after_a_change_is_computed(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, all_of_it = network(family), whole(family, monkeypatch)
    assert same(made.run(inputs(family)), all_of_it.run(inputs(family)))
    assert len(chain(made).links) > len(chain(all_of_it).links)
    rows = WS[family]
    assert checkpoint(family).config["num_ws"] == rows
    late = inputs(family, slice(rows - 1, rows))
    after_the_first = [True, *[False] * (len(chain(made).links) - 2), True]
    assert computed(made, late) == after_the_first
    assert same(made.run(late), all_of_it.run(late))
    for changed in (slice(0, 1), slice(rows // 2, rows), slice(rows - 2, rows), slice(0, rows)):
        call = inputs(family, changed)
        assert same(made.run(call), all_of_it.run(call))
    assert computed(made, call) == [False] * len(chain(made).links)
    assert all(computed(made, inputs(family)))
    assert same(made.run(inputs(family)), all_of_it.run(inputs(family)))


@pytest.mark.parametrize("family", WS)
def test_a_late_layer_is_bent_without_the_early_ones(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, int, int]] = []
    change = bent(LATE[family], shapes)
    made, all_of_it = network(family, change), whole(family, monkeypatch, change)
    made.form(1, {"noise_mode": "const"})  # so that the layer's shape is known
    only_late = [True, *[False] * (len(chain(made).links) - 2), True]
    for count, turned in enumerate((0.0, 20.0, 40.0)):
        bend = LiveBend(layer=LATE[family], rotate=turned, ablate=turned / 100)
        call = {**inputs(family), **bend.arrays(shapes[0])}
        assert computed(made, call) == (only_late if count else [True] * len(only_late))
        assert same(made.run(call), all_of_it.run(call))


def test_noise_that_is_drawn_anew_lets_all_parts_compute() -> None:
    made = network("stylegan2")
    call = inputs("stylegan2", noise="random")
    made.run(call)
    assert all(computed(made, call))


def test_what_a_layer_says_needs_no_later_part() -> None:
    made = network("stylegan2")
    said = made.run({**inputs("stylegan2"), "layer": "b16.conv1"})["features"]
    assert said.shape == (1, 8, 16, 16)
    assert len(chain(made).links) == 2


def test_who_measures_it_measures_all_of_it() -> None:
    made = network("stylegan2")
    made.keeps = False
    made.run(inputs("stylegan2"))
    assert all(computed(made, inputs("stylegan2")))
    KeptNetwork(made, 1)
    assert not any(computed(made, inputs("stylegan2")))


def test_a_batch_is_computed_whole() -> None:
    made = network("stylegan2")
    ws = np.repeat(inputs("stylegan2")["ws"], 9, axis=0)
    made.run({"ws": ws, "noise_mode": "const"})
    assert [len(each.links) for each in made.forms.values()] == [2, 4]


def test_what_failed_is_computed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network("stylegan2")
    before, late = inputs("stylegan2"), inputs("stylegan2", slice(11, 12))
    wanted = made.run(before)
    last = chain(made).links[-1]

    class Broken:
        def infer(self, *given: Any, **options: Any) -> None:
            raise RuntimeError("no room")

        def __getattr__(self, name: str) -> Any:
            return getattr(request, name)

    request = last.request
    with monkeypatch.context() as patched:
        patched.setattr(last, "request", Broken())
        with pytest.raises(RuntimeError, match="no room"):
            made.run(late)
    assert computed(made, before)[-1]
    assert same(made.run(before), wanted)


def test_large_networks_have_three_parts_and_small_ones_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    blocks = [f"b{4 << index}" for index in range(9)]
    assert graph_parts.after_blocks(blocks) == {"b128": 1, "b256": 2}
    assert graph_parts.after_blocks(blocks[:-1]) == {"b64": 1, "b128": 2}
    assert graph_parts.after_blocks(blocks[:-2]) == {}
    sides = [36, 36, 36, 52, 52, 84, 148, 148, 276, 276, 532, 532, 532, 512]
    assert graph_parts.after_layers(sides) == {7: 1, 9: 2}
    assert graph_parts.after_layers([36, 36, 52, 52, 32]) == {}
