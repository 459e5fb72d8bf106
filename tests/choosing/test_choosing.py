"""Choosing a backend: the fastest that is good enough, in a bounded time, and remembered."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from taxiway import choosing
from taxiway.backends import Arrays, Graph, Inputs, NoMemory, Unsupported
from taxiway.choosing import choose
from taxiway.choosing.answers import Answers, Setting
from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, MissingDependency, Spent

DOUBLE = Graph("double", {}, {"factor": np.float32([2])}, {"x": np.zeros((1, 3), np.float32)})


class Fake:
    """A backend in numpy that knows one graph, and takes as long as it is told."""

    times: dict[tuple[str, int], float] = {}  # noqa: RUF012
    off: ClassVar[dict[str, float]] = {}
    missing: str | None = None
    device = "cpu"

    compiled: ClassVar[list[Setting]] = []
    """What was compiled by any of them, in this order."""

    def __init__(self, device: str = "auto") -> None:
        pass

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
        self.compiled.append(Setting(type(self).__name__, precision, threads))
        off = self.off.get(precision, 0.0)
        return Doubling(graph, self.times.get((precision, threads), 1.0), off)


class Failing(Fake):
    """A backend of ours whose library breaks."""

    __module__ = "taxiway.backends.bad"
    times: ClassVar = {("float32", 1): 1.0}

    def compile(self, graph: Graph, precision: str, threads: int) -> "Doubling":
        raise RuntimeError("Exception from here:\nno such primitive.\n")


class Doubling:
    def __init__(self, graph: Graph, milliseconds: float, off: float = 0.0) -> None:
        self.factor, self.milliseconds = graph.tensors["factor"], milliseconds
        self.off = off

    def run(self, inputs: Inputs) -> Arrays:
        return {"y": self.factor * inputs["x"] + np.float32(self.off)}


@pytest.fixture(autouse=True)
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests have none for it."""
    monkeypatch.setattr(choosing, "SECONDS", 60.0)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes the given classes the only backends, and takes the times that they say."""

    def known(**classes: type) -> None:
        Fake.compiled.clear()
        for name, each in classes.items():
            each.__name__ = name
        monkeypatch.setattr(slots, "members", lambda slot: list(classes))
        monkeypatch.setattr(slots, "load", lambda slot, name: classes[name])

    monkeypatch.setattr(choosing, "milliseconds", lambda network, *_: network.milliseconds)
    return known


def fake(times: dict[tuple[str, int], float], missing: str | None = None, **off: float) -> type:
    """`off` is how far the results are off in a precision."""
    return type("Made", (Fake,), {"times": times, "missing": missing, "off": off})


def test_the_fastest_setting_of_the_fastest_backend_wins(only: Any) -> None:
    slow = {("float32", 1): 9.0, ("float32", 2): 1.0}
    quick = {("bfloat16", 1): 4.0, ("bfloat16", 4): 5.0, ("bfloat16", 2): 3.0, ("float32", 2): 7.0}
    only(slow=fake(slow), quick=fake(quick))
    [network, second], found = choose([DOUBLE, DOUBLE])
    assert found.setting == Setting("quick", "bfloat16", 2)
    tried = {Setting("slow", "float32", 1): 9.0}  # too slow for more
    assert found.milliseconds == tried | {Setting("quick", *k): t for k, t in quick.items()}
    assert found.facts == {
        "device": "cpu", "backend": "quick", "precision": "bfloat16", "threads": 2,
        "ms_per_image": 3.0,
    }  # fmt: skip
    for each in (network, second):
        np.testing.assert_array_equal(each.run({"x": np.float32([1, 2])})["y"], [2, 4])


def test_only_the_best_so_far_stays_compiled_beside_the_next(only: Any) -> None:
    times = {("bfloat16", 1): 4.0, ("bfloat16", 2): 3.0, ("bfloat16", 4): 5.0, ("float32", 2): 7.0}
    kept: list[Any] = []
    made = fake(times)
    made.forget = lambda self, but: kept.append(but)  # type: ignore[attr-defined]
    only(one=made)
    choose([DOUBLE])
    assert kept == [None, ("bfloat16", 1), *[("bfloat16", 2)] * 3]  # and at the end nothing else


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
    assert "9.00 levels off" in found.left_out["one bfloat16"]
    np.testing.assert_array_equal(network.run({"x": np.float32([1])})["y"], [2])


def test_a_little_off_is_exact_enough(only: Any) -> None:
    only(one=fake(BOTH, bfloat16=0.4))
    assert choose([TRIED])[1].setting.precision == "bfloat16"
    assert "left_out" not in choose([TRIED])[1].facts


def test_a_referee_says_what_is_exact(only: Any) -> None:
    last = type("Last", (fake({("float32", 1): 9.0}),), {"turn": 1})
    only(quick=fake(BOTH, float32=3.0, bfloat16=9.0), referee=last)
    found = choose([replace(TRIED, referee="referee")])[1]
    assert found.setting == Setting("referee", "float32", 1)
    assert list(found.left_out) == ["quick bfloat16", "quick float32"]
    assert found.facts["ms_per_image"] == 9.0


def test_a_referee_of_a_later_turn_is_only_asked(only: Any) -> None:
    last = type("Last", (fake({("float32", 1): 9.0}),), {"turn": 1})
    only(quick=fake(BOTH), referee=last)
    found = choose([replace(TRIED, referee="referee")])[1]
    assert found.setting.backend == "quick"
    assert {setting.backend for setting in found.milliseconds} == {"quick"}
    assert [each.backend for each in Fake.compiled].count("referee") == 1


def test_a_backend_of_a_later_turn_is_tried_where_no_other_works(only: Any) -> None:
    class Unasked(Fake):
        turn = 1

        def available(self) -> str | None:
            raise AssertionError("it takes seconds to load")

    only(quick=fake(BOTH), slow=Unasked)
    assert choose([TRIED])[1].setting.backend == "quick"
    last = type("Last", (fake({("float32", 1): 9.0}),), {"turn": 2})
    only(bad=Failing, slow=last)
    found = choose([TRIED])[1]
    assert found.setting.backend == "slow"
    assert list(found.left_out) == ["bad"]


def test_where_torch_alone_is_good_in_lower_precision_it_is_tried_at_once(only: Any) -> None:
    torch = type("Torch", (fake(BOTH),), {"turn": 1})
    only(quick=fake({("bfloat16", 1): 0.1, ("float32", 1): 4.0}), torch=torch)
    delicate = replace(TRIED, low_in_torch=True)
    found = choose([delicate])[1]
    assert found.setting == Setting("torch", "bfloat16", 1)
    assert Setting("quick", "bfloat16", 1) not in found.milliseconds
    found = choose([delicate], precision="float32")[1]
    assert list(found.milliseconds) == [Setting("quick", "float32", 1)]


def test_a_thorough_trial_tries_every_turn_and_keeps_what_is_best(
    only: Any, answers: Answers
) -> None:
    last = type("Last", (fake({("float32", 1): 0.5}),), {"turn": 2})
    only(quick=fake(BOTH), slow=last)
    assert choose([KNOWN], answers=answers)[1].setting.backend == "quick"
    assert choose([KNOWN], answers=answers, thorough=True)[1].setting.backend == "slow"
    assert choose([KNOWN], answers=answers)[1].setting.backend == "slow"


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


class Crowded(Fake):
    """A backend whose GPU another program has filled, as long as it has."""

    __module__ = "taxiway.backends.crowded"
    times: ClassVar = {("float32", 1): 1.0}
    device = "cuda"
    crowd: ClassVar[list[Exception]] = []

    def compile(self, graph: Graph, precision: str, threads: int) -> "Doubling":
        if self.crowd:
            raise self.crowd[0]
        return super().compile(graph, precision, threads)


@pytest.mark.parametrize("error", [NoMemory("No room."), Spent("It is lost.")], ids=type)
def test_what_a_gpu_cannot_do_now_is_tried_at_the_next_start(
    error: Exception, only: Any, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(crowded=Crowded, one=fake({("float32", 1): 9.0}))
    monkeypatch.setattr(Crowded, "crowd", [error])
    crowded = choose([KNOWN], answers=answers)[1]
    assert crowded.setting.backend == "one"
    assert crowded.left_out == {"crowded": str(error)}
    monkeypatch.setattr(Crowded, "crowd", [])
    assert choose([KNOWN], answers=answers)[1].setting.backend == "crowded"


def test_of_what_a_gpu_says_the_first_line_counts() -> None:
    error = RuntimeError("CUDA error: no kernel image is available.\nCompile with `DSA`.")
    assert choosing.one_line(error) == "CUDA error: no kernel image is available."


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


KNOWN = replace(TRIED, key="abc")


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path / "measured")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor's time: each network that is compiled takes a second."""
    monkeypatch.setattr(choosing.time, "process_time", lambda: float(len(Fake.compiled)))


TWO = {("bfloat16", 1): 3.0, ("bfloat16", 2): 2.0, ("float32", 2): 4.0}


@pytest.mark.usefixtures("clock")
def test_compiling_counts_as_trying(only: Any) -> None:
    only(one=fake(TWO), other=fake({("float32", 1): 9.0}))
    found = choose([DOUBLE], seconds=1.5)[1]
    assert list(found.milliseconds) == [
        Setting("one", "bfloat16", 1),
        Setting("other", "float32", 1),
    ]
    assert found.setting == Setting("one", "bfloat16", 1)


@pytest.mark.usefixtures("clock")
def test_what_there_was_no_time_for_is_tried_at_the_next_start(only: Any, answers: Answers) -> None:
    only(one=fake(TWO))
    starts = []
    for _ in range(4):
        Fake.compiled.clear()
        found = choose([KNOWN], seconds=0.5, answers=answers)[1]
        starts.append((list(found.milliseconds)[-1][1:], len(Fake.compiled)))
    # Each compiles what is new and the winner, and float32, by which it checks the winner; the
    # last only the winner.
    assert [newest for newest, _ in starts] == [
        ("bfloat16", 1), ("bfloat16", 2), ("float32", 2), ("float32", 2)
    ]  # fmt: skip
    assert starts[-1][1] == 1
    assert found.setting == Setting("one", "bfloat16", 2)


def test_a_remembered_answer_compiles_nothing_else(only: Any, answers: Answers) -> None:
    only(bad=Failing, one=fake(TWO), slow=fake({("float32", 1): 9.0}))
    first = choose([KNOWN, DOUBLE], answers=answers)[1]
    Fake.compiled.clear()
    nets, again = choose([KNOWN, DOUBLE], answers=answers)
    assert Fake.compiled == [Setting("one", "bfloat16", 2), Setting("one", "float32", 2)]
    assert again.facts == first.facts
    assert "bad" in again.left_out
    np.testing.assert_array_equal(nets[0].run({"x": np.float32([1])})["y"], [2])


@pytest.mark.parametrize("change", ["model", "device", "precision", "among", "machine"])
def test_another_question_is_measured_anew(
    change: str, only: Any, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(one=fake({("float32", 1): 1.0, ("float32", 2): 2.0}))
    choose([KNOWN], answers=answers)
    Fake.compiled.clear()
    if change == "machine":
        monkeypatch.setattr(choosing, "this_machine", lambda: {"cores": 99})
    graph = replace(KNOWN, key="other") if change == "model" else KNOWN
    options: dict[str, Any] = {"device": "cpu", "precision": "float32", "among": ["one", "two"]}
    choose([graph], answers=answers, **{k: v for k, v in options.items() if k == change})
    assert len(Fake.compiled) > 1


@pytest.mark.parametrize(
    "now", [{("float32", 1): 9.0}, {("bfloat16", 1): 9.0}, {("float32", 2): 9.0}]
)
def test_a_setting_that_is_gone_is_not_believed(now: Any, only: Any, answers: Answers) -> None:
    only(one=fake(TWO))
    choose([KNOWN], answers=answers)
    only(one=fake(now))
    [setting] = now
    assert choose([KNOWN], answers=answers)[1].setting == Setting("one", *setting)


def test_a_remembered_backend_that_breaks_is_left_out(only: Any, answers: Answers) -> None:
    both = {"other": fake({("float32", 1): 9.0})}
    only(one=fake({("float32", 1): 1.0}), **both)
    assert choose([KNOWN], answers=answers)[1].setting.backend == "one"
    only(one=Failing, **both)
    found = choose([KNOWN], answers=answers)[1]
    assert found.setting.backend == "other"
    assert "no such primitive" in found.left_out["one"]


def test_a_model_without_a_key_is_not_remembered(only: Any, answers: Answers) -> None:
    only(one=fake(TWO))
    choose([TRIED], answers=answers)
    assert not answers.folder.exists()


def test_what_is_likely_is_what_was_taken_here(
    only: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    only(one=fake(TWO), slow=fake({("float32", 1): 9.0}))
    assert choosing.likely() == {"one", "slow"}  # nothing is known to be installed
    choose([KNOWN], answers=choosing.answers_here())
    assert choosing.likely() == {"one"}


def test_what_takes_long_to_load_is_not_likely_before_it_was_taken(
    only: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    light = type("Light", (fake(TWO),), {"distributions": ("numpy",)})
    absent = type("Absent", (fake(TWO),), {"distributions": ("no-such-package",)})
    slow = type("Slow", (fake(TWO),), {"distributions": ("numpy",), "turn": 1})
    only(absent=absent, light=light, slow=slow)
    assert choosing.likely() == {"light"}
