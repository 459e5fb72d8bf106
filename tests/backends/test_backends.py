"""Backends: what all of them must do, and that the fastest that is good enough is taken."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from paths import FIXTURES
from taxiway import backends
from taxiway.backends import Arrays, Graph, Inputs, Setting, Unsupported, choose
from taxiway.checkpoint import read_checkpoint
from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, MissingDependency
from taxiway.families.stylegan.networks.graphs import graphs_of

DOUBLE = Graph("double", {}, {"factor": np.float32([2])}, {"x": np.zeros((1, 3), np.float32)})


class Fake:
    """A backend in numpy that knows one graph, and takes as long as it is told."""

    times: dict[tuple[str, int], float] = {}  # noqa: RUF012
    off: ClassVar[dict[str, float]] = {}
    missing: str | None = None
    device = "cpu"

    def __init__(self, device: str = "auto") -> None:
        self.compiled: list[tuple[str, int]] = []

    def available(self) -> str | None:
        return self.missing

    def precisions(self) -> Sequence[str]:
        return list(dict.fromkeys(precision for precision, _ in self.times))

    def threads(self) -> Sequence[int]:
        first = self.precisions()[0]
        return [threads for precision, threads in self.times if precision == first]

    def compile(self, graph: Graph, precision: str, threads: int) -> "Doubling":
        if graph.kind != "double":
            raise Unsupported(f"Fake does not know how to compute a '{graph.kind}'.")
        off = self.off.get(precision, 0.0)
        return Doubling(graph, self.times.get((precision, threads), 1.0), off)


class Failing(Fake):
    """A backend whose library breaks."""

    times: ClassVar = {("float32", 1): 1.0}

    def compile(self, graph: Graph, precision: str, threads: int) -> "Doubling":
        raise RuntimeError("Exception from here:\nno such primitive.\n")


class Doubling:
    def __init__(self, graph: Graph, milliseconds: float, off: float = 0.0) -> None:
        self.factor, self.milliseconds = graph.tensors["factor"], milliseconds
        self.off = off

    def run(self, inputs: Inputs) -> Arrays:
        return {"y": self.factor * inputs["x"] + np.float32(self.off)}


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes the given classes the only backends, and takes the times that they say."""

    def known(**classes: type) -> None:
        monkeypatch.setattr(slots, "members", lambda slot: list(classes))
        monkeypatch.setattr(slots, "load", lambda slot, name: classes[name])

    monkeypatch.setattr(backends, "milliseconds", lambda network, *_: network.milliseconds)
    return known


def fake(times: dict[tuple[str, int], float], missing: str | None = None, **off: float) -> type:
    """`off` is how far the results are off in a precision."""
    return type("Made", (Fake,), {"times": times, "missing": missing, "off": off})


def test_the_fastest_setting_of_the_fastest_backend_wins(only: Any) -> None:
    slow = {("float32", 1): 9.0, ("float32", 2): 8.0}
    quick = {("bfloat16", 1): 9.0, ("bfloat16", 4): 5.0, ("bfloat16", 2): 3.0, ("float32", 2): 7.0}
    only(slow=fake(slow), quick=fake(quick))
    [network, second], found = choose([DOUBLE, DOUBLE])
    assert found.setting == Setting("quick", "bfloat16", 2)
    expected = {Setting("slow", *key): time for key, time in slow.items()}
    assert found.milliseconds == expected | {Setting("quick", *k): t for k, t in quick.items()}
    assert found.facts == {
        "device": "cpu", "backend": "quick", "precision": "bfloat16", "threads": 2,
        "ms_per_image": 3.0,
    }  # fmt: skip
    for each in (network, second):
        np.testing.assert_array_equal(each.run({"x": np.float32([1, 2])})["y"], [2, 4])


def test_exact_numbers_win_when_it_is_close(only: Any) -> None:
    only(one=fake({("bfloat16", 1): 3.0, ("float32", 1): 3.3}))
    assert choose([DOUBLE])[1].setting.precision == "float32"


TRIED = replace(DOUBLE, trial={"x": np.ones((3, 3), np.float32)})
BOTH = {("bfloat16", 1): 1.0, ("float32", 1): 5.0}


def test_what_is_not_exact_is_left_out_and_named(only: Any) -> None:
    only(one=fake(BOTH, bfloat16=9.0))
    [network], found = choose([TRIED])
    assert found.setting == Setting("one", "float32", 1)
    assert list(found.facts["left_out"]) == ["one bfloat16"]
    assert "9.0 levels off" in found.left_out["one bfloat16"]
    np.testing.assert_array_equal(network.run({"x": np.float32([1])})["y"], [2])


def test_a_little_off_is_exact_enough(only: Any) -> None:
    only(one=fake(BOTH, bfloat16=0.4))
    assert choose([TRIED])[1].setting.precision == "bfloat16"
    assert "left_out" not in choose([TRIED])[1].facts


def test_torch_says_what_is_exact(only: Any) -> None:
    only(quick=fake({("float32", 1): 1.0}, float32=3.0), torch=fake(BOTH, bfloat16=9.0))
    found = choose([TRIED], seconds=0)[1]  # so little that of torch only bfloat16 is measured
    assert found.setting == Setting("torch", "float32", 1)
    assert list(found.left_out) == ["quick float32", "torch bfloat16"]
    assert found.facts["ms_per_image"] == 5.0


def test_a_precision_that_is_asked_for_need_not_be_exact(only: Any) -> None:
    only(one=fake(BOTH, bfloat16=9.0))
    assert choose([TRIED], precision="bfloat16")[1].setting.precision == "bfloat16"


def test_a_backend_that_breaks_hurts_no_other(only: Any) -> None:
    only(bad=Failing, good=fake({("float32", 1): 9.0}))
    found = choose([TRIED])[1]
    assert found.setting.backend == "good"
    assert found.left_out == {"bad": "bad failed: no such primitive."}
    only(bad=Failing)
    with pytest.raises(Unsupported, match="bad failed: no such primitive"):
        choose([TRIED])


def test_one_of_some_backends_is_chosen(only: Any) -> None:
    only(quick=fake({("float32", 1): 1.0}), slow=fake({("float32", 1): 2.0}))
    assert choose([TRIED], among=["slow"])[1].setting.backend == "slow"


def test_a_precision_that_is_asked_for_is_kept(only: Any) -> None:
    only(one=fake({("bfloat16", 1): 3.0, ("float32", 1): 99.0}))
    assert choose([DOUBLE], precision="float32")[1].setting.precision == "float32"


def test_trying_stops_when_the_time_is_up(only: Any) -> None:
    only(one=fake({("float32", threads): 1.0 for threads in (1, 2, 4)}))
    assert len(choose([DOUBLE], seconds=0)[1].milliseconds) == 1


def test_what_cannot_compute_is_passed_over_and_says_why(only: Any) -> None:
    times = {("float32", 1): 1.0}
    only(absent=fake(times, "It is missing: pip install it."), there=fake(times))
    assert choose([DOUBLE])[1].setting.backend == "there"
    with pytest.raises(Unsupported, match="does not know how to compute a 'painting'"):
        choose([Graph("painting", {}, {}, {})])
    only(absent=fake(times, "It is missing: pip install it."))
    with pytest.raises(MissingDependency, match="It is missing: pip install it"):
        choose([DOUBLE])
    with pytest.raises(InvalidArgument, match="It is missing"):
        choose([DOUBLE], device="cuda")


def test_an_unknown_precision_is_rejected() -> None:
    with pytest.raises(InvalidArgument, match=r"'precision' takes auto, .*got int8"):
        choose([DOUBLE], precision="int8")


@pytest.mark.parametrize("name", slots.members("backends"))
@pytest.mark.parametrize("fixture", ["stylegan2-ada_32", "stylegan3-t_32"])
def test_every_backend_gives_the_references_results(name: str, fixture: str) -> None:
    backend: backends.Backend = slots.load("backends", name)("cpu")
    if (missing := backend.available()) is not None:
        assert missing.endswith(".")
        pytest.skip(missing)
    assert backend.device == "cpu"
    assert "float32" in backend.precisions()
    expected = np.load(FIXTURES / f"{fixture}.npz")
    for graph in graphs_of(read_checkpoint(FIXTURES / f"{fixture}.pkl")):
        for threads in backend.threads():
            try:
                network = backend.compile(graph, "float32", threads)
            except Unsupported as error:
                assert str(error).endswith(".")  # one sentence
                continue
            if graph.kind == "mapping":
                w = network.run({"z": expected["z"].astype(np.float32)})["w"]
                np.testing.assert_allclose(w, expected["w"][:, 0], atol=2e-5 * np.abs(w).max())
                continue
            ws = expected["w_psi0.7"].astype(np.float32)
            image = network.run({"ws": ws, "noise_mode": "const"})["image"]
            assert image.dtype == np.uint8
            reference = expected["uint8_psi0.7_noise_const"].astype(int)
            assert np.abs(image - reference).max() <= 1
