"""Which backend computes a network here: measured for about a second, checked, remembered."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import (
    PRECISIONS,
    TURNS,
    Arrays,
    Backend,
    Graph,
    Inputs,
    Network,
    NoMemory,
    Unsupported,
    made,
    offered,
    turn_of,
)
from taxiway.catalog.folder import data_path
from taxiway.choosing.answers import Answer, Answers, Setting
from taxiway.choosing.deaths import Deaths
from taxiway.choosing.machine import this_machine, version_of
from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, MissingDependency, Spent, TaxiwayError
from taxiway.core.faults import with_line

SECONDS = 1.0
"""CPU time that may go into trying backends at the first start of a model."""
WORTH = 1.15
"""How much faster a lower precision must be to be taken: it costs a level here and there."""
CALLS = 12
"""Calls whose least time is what a setting takes."""
NEAR = 2.0
"""A backend this many times slower than the fastest at first is not tried any further."""

MEAN, MOST = 0.5, 8
"""How many levels of 255 pictures may be off, on average and in all but NEARLY_ALL percent.

In bfloat16 a few pixels in ten thousand on sharp edges are further off, whoever computes.
"""
NEARLY_ALL = 99.9
OF_GPUS = ("CUDA error", "HIP error")
"""How PyTorch's words about a failing GPU begin, which say more in each further line."""


@dataclass(frozen=True)
class Choice:
    """How networks run here, and what was measured to decide it: milliseconds of one call.

    `left_out` says of backends, or of one in some precision, why they were not taken.
    """

    setting: Setting
    device: str
    milliseconds: Mapping[Setting, float]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """The choice as a model's facts have it."""
        taken = round(self.milliseconds[self.setting], 1)
        facts = {"device": self.device, **self.setting._asdict(), "ms_per_image": taken}
        return facts | ({"left_out": dict(self.left_out)} if self.left_out else {})


def as_chosen(graph: Graph, choice: Choice) -> Network:
    """Another graph compiled as one was that was chosen for; see `choose` for what it raises.

    Where that backend does not know it, as PyTorch what is written in operations, the first that
    does computes it.
    """
    setting = choice.setting
    try:
        backend = made(setting.backend, choice.device)
        return backend.compile(graph, setting.precision, setting.threads)
    except Unsupported:
        [network], _ = choose([graph], seconds=0)
        return network


def choose(
    graphs: Sequence[Graph],
    device: str = "auto",
    precision: str = "auto",
    seconds: float | None = None,
    among: Collection[str] | None = None,
    answers: Answers | None = None,
    thorough: bool = False,
) -> tuple[list[Network], Choice]:
    """The graphs compiled as the first of them is fastest on this machine; the others in float32.

    Backends are tried by their turns (`Backend`), those of one at all only where none before could
    compute it; `thorough` tries all of them. It stops after about `seconds` of CPU time (`SECONDS`
    where none are given), compiling included, likely settings first; at least one is tried (of all
    backends or of those `among` which to choose). What fails, or is not exact, is left out.
    `answers` remember what was found, and nothing is tried again before something changes; what
    there was no time for is tried at the next start.

    Raises InvalidArgument for a precision or device that is not there, MissingDependency if nothing
    can compute at all, and Unsupported if nothing can compute these.
    """
    if precision not in ("auto", *PRECISIONS):
        known = ", ".join(PRECISIONS)
        raise InvalidArgument(f"'precision' takes auto, {known}, got {precision}.", "precision")
    machine = this_machine()
    question = {
        "model": graphs[0].key,
        "device": device,
        "precision": precision,
        "among": sorted(slots.members("backends") if among is None else among),
        "machine": machine,
    }
    deaths = Deaths(answers.folder, machine) if answers else None
    answers = answers if graphs[0].key else None

    def measured(earlier: Answer | None) -> tuple[list[Network], Choice]:
        limit = SECONDS if seconds is None else seconds
        trial = Trial(graphs[0], precision, limit, earlier, deaths)
        best = trial.decided(device, among, thorough)
        backend = trial.usable[best.backend]
        choice = Choice(best, backend.device, trial.measured, trial.left_out)
        if answers and trial.is_lasting:
            times = list(trial.measured.items())
            is_whole = trial.is_whole
            answers.keep(Answer(question, best, choice.device, times, trial.left_out, is_whole))
        with noted(deaths, best.backend):
            return networks(graphs, backend, best), choice

    if answers and not thorough and (answer := answers.find(question)):
        with suppress(Exception):  # whatever is wrong with it, measuring all anew will say
            if not answer.whole:
                return measured(answer)
            kept = [replace(graph, kept=answers.compiled) for graph in graphs]
            if not (deaths and deaths.of(answer.taken.backend)):
                with noted(deaths, answer.taken.backend):
                    return remembered(kept, device, answer)
    return measured(None)


def noted(deaths: Deaths | None, name: str) -> AbstractContextManager[None]:
    """Has a note be left if a backend ends the process within the block."""
    return deaths.noted(name) if deaths else nullcontext()


def remembered(
    graphs: Sequence[Graph], device: str, answer: Answer
) -> tuple[list[Network], Choice]:
    """What an answer says, as `choose` gives it; no other backend is looked at.

    Raises Unsupported if the backend does not offer that setting any more.
    """
    name, precision, threads = answer.taken
    backend = made(name, device)
    if (
        backend.available() is not None
        or precision not in backend.precisions()
        or threads not in backend.threads()
    ):
        raise Unsupported(f"{name} does not compute in {precision} with {threads} threads here.")
    choice = Choice(answer.taken, backend.device, dict(answer.measured), answer.left_out)
    return networks(graphs, backend, answer.taken), choice


def networks(graphs: Sequence[Graph], backend: Backend, setting: Setting) -> list[Network]:
    """The first graph in a setting, the others in float32."""
    first = backend.compile(graphs[0], setting.precision, setting.threads)
    return [first, *(backend.compile(graph, "float32", setting.threads) for graph in graphs[1:])]


def answers_here() -> Answers:
    """The answers in the user's data folder."""
    return Answers(data_path() / "measured")


def likely() -> set[str]:
    """The backends that models were last played with here; where none was yet, those of the first
    turn, or all if nothing that they compute with is installed."""
    known, names = answers_here().backends(this_machine()), slots.members("backends")
    return known or {*filter(is_first, names)} or {*names}


def is_first(name: str) -> bool:
    """Whether a backend is of the first turn here, and what it computes with is installed."""
    try:
        backend = made(name, "auto")
    except (TaxiwayError, OSError):  # said once it is asked for
        return False
    return turn_of(backend) == 0 and any(map(version_of, getattr(backend, "distributions", ())))


class Trial:
    """One network being tried: the milliseconds of each setting, and what is left out and why."""

    def __init__(
        self,
        graph: Graph,
        precision: str,
        seconds: float,
        earlier: Answer | None = None,
        deaths: Deaths | None = None,
    ) -> None:
        """`earlier` is what another start has found, so that only the rest is tried."""
        self.graph, self.precision = graph, precision
        self.earlier, self.deaths = earlier, deaths
        self.deadline, self.seconds = time.process_time() + seconds, seconds
        self.usable: dict[str, Backend] = {}
        self.measured: dict[Setting, float] = {}
        self.left_out: dict[str, str] = {}
        self.inexact: set[tuple[str, str]] = set()
        self._wanted: dict[str, Arrays] = {}
        self.is_whole = False
        """Whether all settings were tried."""
        self.is_lasting = True
        """Whether the next start would find the same: not where a GPU had no room, or was lost."""

    def decided(self, device: str, among: Collection[str] | None, thorough: bool) -> Setting:
        """The best setting, of backends of the first turn in which there is one.

        Raises as `choose`.
        """
        missing: dict[str, str] = {}
        together = 2 if self.wants_torch else 1
        for turns in (TURNS,) if thorough else (TURNS[:together], *zip(TURNS[together:])):
            usable, reasons = offered(device, among, turns)
            missing |= reasons
            self.take(usable)
            with suppress(Unsupported):
                self.run()
                best = self.best()
                self.forget_all_but_best()  # also that by which it was judged
                return best
        if self.usable:
            raise Unsupported(" ".join(self.left_out.values()))
        said = " ".join([*missing.values(), *self.left_out.values()])
        raise MissingDependency(said) if device == "auto" else InvalidArgument(said, "device")

    @property
    def wants_torch(self) -> bool:
        """Whether a lower precision is worth trying, and PyTorch alone computes well in it."""
        return self.graph.low_in_torch and self.precision != "float32"

    def take(self, usable: Mapping[str, Backend]) -> None:
        """Try these backends too, but for what was found of them earlier."""
        died = {name: self.deaths.of(name) for name in usable} if self.deaths else {}
        self.left_out |= {name: said for name, said in died.items() if said}
        self.is_lasting = self.is_lasting and not any(died.values())
        usable = {name: backend for name, backend in usable.items() if not died.get(name)}
        self.usable |= usable
        if self.earlier is not None:
            known = [(key, ms) for key, ms in self.earlier.measured if key.backend in usable]
            self.measured |= dict(known)
            said = self.earlier.left_out.items()
            self.left_out |= {name: why for name, why in said if name in usable}

    def run(self) -> None:
        """Measure the settings until the time is up. Raises Unsupported if there is none."""
        for setting in self.settings():
            if setting in self.measured:
                continue
            if self.candidates() and time.process_time() > self.deadline:
                return
            self.forget_all_but_best()
            with self.leaving_out(setting.backend):
                self.measured[setting] = self.milliseconds(setting)
        if not self.candidates():
            raise Unsupported(" ".join(self.left_out.values()))
        self.is_whole = True

    def forget_all_but_best(self) -> None:
        """Free what was compiled for slower settings: a large network takes a gigabyte each."""
        found = self.candidates()
        best = fastest(found) if found else None
        for name, backend in self.usable.items():
            if forget := getattr(backend, "forget", None):
                forget(best[1:] if best and best.backend == name else None)

    def settings(self) -> Iterator[Setting]:
        """All that is worth trying, the likely first: it depends on what was measured so far."""
        ways: dict[str, tuple[Sequence[str], Sequence[int]]] = {}
        # An accelerator before the CPU.
        for name in sorted(self.usable, key=lambda name: self.usable[name].device == "cpu"):
            backend = self.usable[name]
            with self.leaving_out(name):
                auto = self.precision == "auto"
                auto = auto and (name == "torch" or not self.graph.low_in_torch)
                exact = "float32" if self.precision == "auto" else self.precision
                ways[name] = backend.precisions() if auto else [exact], backend.threads()
            if name in ways and name not in self.left_out:
                precisions, threads = ways[name]
                yield Setting(name, precisions[0], threads[0])
        for name in sorted({setting.backend for setting in self.measured}, key=self.least):
            if self.least(name) > NEAR * min(self.measured.values()):
                continue
            (first, *others), threads = ways[name]
            yield from (Setting(name, first, count) for count in threads[1:])
            for other in others:
                yield Setting(name, other, fastest(self.of(name)).threads)

    def of(self, name: str) -> dict[Setting, float]:
        """What was measured of a backend."""
        return {key: ms for key, ms in self.measured.items() if key.backend == name}

    def least(self, name: str) -> float:
        """The milliseconds of a backend's fastest setting."""
        return min(self.of(name).values(), default=float("inf"))

    @contextmanager
    def leaving_out(self, name: str) -> Iterator[None]:
        """Leaves a backend out if it fails within the block; what is wrong with the model comes on.

        Whatever a library raises, the others can do without it.
        """
        try:
            with noted(self.deaths, name):
                yield
            return
        except (Unsupported, Spent) as error:
            self.left_out[name] = str(error)
            self.is_lasting = self.is_lasting and not isinstance(error, NoMemory | Spent)
        except TaxiwayError:
            raise
        except Exception as error:
            module = type(self.usable[name]).__module__
            # Of ours it is the library that failed, and a line says nothing to its user.
            ours = module.startswith("taxiway.")
            said = one_line(error) if ours else f"{with_line(error, self.usable[name])}."
            self.left_out[name] = f"{name} failed: {said}"
        for setting in self.of(name):
            del self.measured[setting]

    def best(self) -> Setting:
        """The fastest setting that is exact; those that are not come into `left_out`.

        Raises Unsupported if nothing works.
        """
        while found := self.candidates():
            best = fastest(found)
            with self.leaving_out(best.backend):
                problem = self.problem_of(best)
                if problem is None:
                    return best
                self.left_out[f"{best.backend} {best.precision}"] = problem
                self.inexact.add(best[:2])
                exact = best._replace(precision="float32")
                if exact[:2] not in self.inexact and not self.candidates():
                    self.measured[exact] = self.milliseconds(exact)
        raise Unsupported(" ".join(self.left_out.values()))

    def problem_of(self, best: Setting) -> str | None:
        """Why a setting is not exact, in a sentence; a precision that was asked for need not be."""
        referee, trial = self.graph.referee or best.backend, self.graph.trial
        is_known = self.earlier is not None and best == self.earlier.taken
        is_exact = is_known or best[:2] == (referee, "float32")
        if is_exact or trial is None or self.precision not in ("auto", "float32"):
            return None
        if self.graph.referee:  # it is slow: of several only the first
            trial = {
                name: each[:1] if hasattr(each, "shape") else each for name, each in trial.items()
            }
        got = self.compiled(best).run(trial)
        return difference(got, self.wanted(referee, trial), self.graph.file is not None)

    def wanted(self, referee: str, trial: Inputs) -> Arrays:
        """The pictures by which a backend's float32 judges exactness."""
        if referee not in self._wanted:
            backend = self.usable.get(referee) or made(referee, "cpu")
            threads = backend.threads()[0]
            network: Network = backend.compile(self.graph, "float32", threads)
            self._wanted[referee] = network.run(trial)
        return self._wanted[referee]

    def candidates(self) -> dict[Setting, float]:
        """What was measured, but for what is not exact."""
        return {key: ms for key, ms in self.measured.items() if key[:2] not in self.inexact}

    def milliseconds(self, setting: Setting) -> float:
        """The least time of a call: on one core the processor's, which a busy machine leaves be."""
        alone = setting.threads == 1 and self.usable[setting.backend].device == "cpu"
        clock = time.process_time if alone else time.perf_counter
        return milliseconds(self.compiled(setting), self.graph.example, self.seconds / 16, clock)

    def compiled(self, setting: Setting) -> Network:
        """The network in a setting."""
        backend = self.usable[setting.backend]
        return backend.compile(self.graph, setting.precision, setting.threads)


def difference(got: Arrays, wanted: Arrays, of_any: bool = False) -> str | None:
    """How far pictures are off, in a sentence; None if that is little enough.

    Numbers of any kind (`of_any`) count as levels from the least of them to the most.
    """
    for name, array in wanted.items():
        if not array.size:
            continue
        level = level_of(array) if of_any else 1.0
        off = np.abs(got[name].astype(np.float32) - array) * level
        most = np.percentile(off, NEARLY_ALL)
        if not (off.mean() <= MEAN and most <= MOST):
            return (
                f"Not exact: pictures are {off.mean():.2f} levels off on average and up to "
                f"{most:.0f}, where {MEAN} and {MOST} may be."
            )
    return None


def level_of(array: npt.NDArray[Any]) -> float:
    """How many levels of 255 a step of 1 is; of uint8 they are levels already."""
    if array.dtype == np.uint8:
        return 1.0
    return 255 / max(float(np.ptp(array.astype(np.float32))), 1e-12)


def one_line(error: Exception) -> str:
    """An error of a library in one sentence, its last; of a GPU's, its first: advice follows."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0] if lines[0].startswith(OF_GPUS) else lines[-1]
    return f"{line.strip().rstrip('.')}."


def fastest(measured: Mapping[Setting, float]) -> Setting:
    """The fastest setting, where a lower precision has to be worth it."""
    penalty = {"float32": 1.0}
    return min(measured, key=lambda key: measured[key] * penalty.get(key.precision, WORTH))


def milliseconds(
    network: Network, example: Inputs, seconds: float, clock: Callable[[], float]
) -> float:
    """The least time that one of up to CALLS calls took, in about `seconds`."""
    began, times = clock(), list[float]()
    while not times or (clock() - began < seconds and len(times) < CALLS):
        start = clock()
        network.run(example)
        times.append(clock() - start)
    return min(times) * 1000
