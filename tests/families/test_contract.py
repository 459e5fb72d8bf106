"""What every model family must do, made from what it declares and run through the engine.

A family that needs a checkpoint, or another program, names its set-ups in `cases.py` beside its
tests; one whose inputs must fit together gives `example(command)`.
"""

import asyncio
import contextlib
import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest

from families.values import taken, wrong
from taxiway.core import declaration, slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Image, Text, Wire
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.images import from_file_uri
from taxiway.core.model import Model, ModelSpec, decode_options, summary_of, title_of
from taxiway.core.tool import QuietJob
from taxiway.engine import Engine
from taxiway.tools.batch import Batch
from taxiway.tools.batch.question import takers

FAMILIES = [*slots.members("families"), "toys:Gradient", "toys:Echo", "toys:Looker"]
SECONDS = 120
SHARED = "/dev/shm/"


def set_ups(family: str) -> list[dict[str, Any]]:
    """The options with which a family is tried."""
    try:
        cases: list[dict[str, Any]] = importlib.import_module(f"families.{family}.cases").CASES
    except ModuleNotFoundError:
        return [{}]
    return cases


CASES = [(family, options) for family in FAMILIES for options in set_ups(family)]


class Running:
    """A family's model under an engine whose loop runs beside the tests."""

    def __init__(self, family: str, options: dict[str, Any]) -> None:
        self.family: type[Model] = declaration.family(family)
        self.spec = ModelSpec(name="tried", family=family, options={"device": "cpu", **options})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.engine = self.on_loop(self._engine())

    async def _engine(self) -> Engine:
        return Engine()

    def on_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def start(self) -> None:
        self.on_loop(self.engine.start(self.spec))
        self.on_loop(self.engine.ready("tried"))

    def close(self) -> None:
        self.on_loop(self.engine.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def commands(self) -> dict[str, Command]:
        return self.engine.running["tried"].commands

    @property
    def is_deterministic(self) -> bool:
        return getattr(self.family, "deterministic", False)

    def example(self, command: Command, seed: int = 1) -> dict[str, Wire]:
        own: Callable[[str], dict[str, Wire]] | None = getattr(self.family, "example", None)
        return {**taken(command, seed), **(own(command.name) if own else {})}

    def ask(self, command: Command, wire: dict[str, Wire]) -> Values:
        outputs: Values = self.on_loop(self.engine.run("tried", wire, command.name))
        return outputs

    def ask_together(self, command: Command, wires: list[dict[str, Wire]]) -> list[Values]:
        async def together() -> list[Values]:
            calls = (self.engine.run("tried", wire, command.name) for wire in wires)
            return await asyncio.gather(*calls)

        answers: list[Values] = self.on_loop(together())
        return answers


@pytest.fixture(
    scope="module",
    params=CASES,
    ids=lambda case: "-".join([case[0], *(Path(str(value)).stem for value in case[1].values())]),
)
def model(request: pytest.FixtureRequest) -> Iterator[Running]:
    running = Running(*request.param)
    try:
        running.start()
        yield running
    finally:
        running.close()


def test_it_says_what_it_is(model: Running) -> None:
    assert title_of(model.family)
    assert summary_of(model.family).endswith(".")


def test_its_declaration_crosses_processes(model: Running) -> None:
    packed = msgspec.msgpack.encode(model.commands)
    assert msgspec.msgpack.decode(packed, type=dict[str, Command]) == model.commands
    assert all(msgspec.json.encode(command.describe()) for command in model.commands.values())


def test_it_answers_what_it_declares(model: Running) -> None:
    for command in model.commands.values():
        outputs = model.ask(command, model.example(command))
        assert outputs.keys() == command.outputs.keys()
        assert msgspec.json.encode(command.encode(outputs, {}))
        for name, field in command.outputs.items():
            if isinstance(field, Image):
                check_picture(outputs[name], field)


def check_picture(pixels: np.ndarray[Any, Any], field: Image) -> None:
    assert pixels.dtype == np.uint8
    assert (pixels.shape[2] if pixels.ndim == 3 else 1) == field.channels
    if isinstance(field.width, int):
        assert pixels.shape[:2] == (field.height, field.width)


class Held:
    """A running model as a tool asks one."""

    def __init__(self, running: Running) -> None:
        self.name, self.identity, self.commands = "tried", "tried", running.commands
        self._running = running

    def ask(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        return [self._running.ask(self.commands[command], call) for call in batch]


def test_a_batch_asks_it_about_every_picture_or_line(model: Running, tmp_path: Path) -> None:
    for command in model.commands.values():
        example = {name: value for name, value in model.example(command).items() if value}
        able = [name for name in takers(command) if name in example]
        assert Batch.takes.suits(model.spec.family, [command]) is bool(takers(command))
        if not able:
            continue
        given = example.pop(able[0])
        is_line = isinstance(command.inputs[able[0]], Text)
        file = tmp_path / f"{command.name}{'.txt' if is_line else '.png'}"
        file.write_bytes(given.encode() if is_line else from_file_uri(given, "given", 2**20))
        inputs = {"pictures": [file], "command": command.name, "values": example}
        done = Batch().run(Held(model), Batch.command.decode(inputs), QuietJob(tmp_path))
        assert (done["made"], done["failed"]) == (1, 0)


def test_what_an_input_refuses_is_told_by_its_name(model: Running) -> None:
    for command in model.commands.values():
        example = model.example(command)
        for name, field in command.inputs.items():
            for what, value in wrong(field).items():
                with pytest.raises(InvalidArgument) as refused:
                    model.ask(command, {**example, name: value})
                assert refused.value.name == name, f"{command.name}: {name} given {what}"
        assert model.ask(command, example).keys() == command.outputs.keys()


def test_an_input_that_is_missing_is_told_by_its_name(model: Running) -> None:
    for command in model.commands.values():
        example = model.example(command)
        for name, field in command.inputs.items():
            if field.fallback is msgspec.UNSET and name not in command.needs_one_of:
                with pytest.raises(InvalidArgument) as refused:
                    model.ask(command, {**example, name: None})
                assert refused.value.name == name
        if command.needs_one_of:
            with pytest.raises(InvalidArgument) as refused:
                model.ask(command, {**example, **dict.fromkeys(command.needs_one_of)})
            assert refused.value.name == command.needs_one_of[0]


def test_an_option_that_is_refused_is_told_by_its_name(model: Running) -> None:
    for name, field in model.family.options.items():
        for what, value in wrong(field).items():
            with pytest.raises(InvalidArgument) as refused:
                decode_options("tried", model.family, {**model.spec.options, name: value})
            assert refused.value.name == name, f"{name} given {what}"
    with pytest.raises(InvalidArgument, match="has no option 'of_no_family'"):
        decode_options("tried", model.family, {**model.spec.options, "of_no_family": 1})


def test_calls_that_come_together_are_answered_as_they_are_alone(model: Running) -> None:
    for command in model.commands.values():
        wires = [model.example(command, seed) for seed in (1, 2, 1, 3, 2)]
        together = model.ask_together(command, wires)
        if model.is_deterministic:
            for wire, answer in zip(wires, together, strict=True):
                assert_same(answer, model.ask(command, wire))
            assert_same(together[0], together[2])
        assert all(answer.keys() == command.outputs.keys() for answer in together)


def test_one_bad_call_does_not_spoil_the_others(model: Running) -> None:
    for command in model.commands.values():
        example = model.example(command)
        for name, field in command.inputs.items():
            for value in list(wrong(field).values())[:1]:
                wires = [example, {**example, name: value}, example]
                answers = model.on_loop(mixed(model, command, wires))
                refused = [isinstance(each, TaxiwayError) for each in answers]
                assert refused == [False, True, False]


async def mixed(model: Running, command: Command, wires: list[dict[str, Wire]]) -> list[Any]:
    calls = (model.engine.run("tried", wire, command.name) for wire in wires)
    return await asyncio.gather(*calls, return_exceptions=True)


def test_stopped_it_gives_everything_back_and_starts_again(model: Running) -> None:
    command = next(iter(model.commands.values()))
    before = model.ask(command, model.example(command))
    pid = model.engine.running["tried"].pid
    assert pid is not None
    kept = held()
    model.on_loop(model.engine.stop("tried"))
    assert not psutil.pid_exists(pid)
    freed = [file for file in set(kept).difference(held()) if file.startswith(SHARED)]
    assert len(freed) == 2 or sys.platform != "linux"
    assert not any(map(os.path.exists, freed))
    model.start()
    assert model.engine.running["tried"].pid != pid
    after = model.ask(command, model.example(command))
    if model.is_deterministic:
        assert_same(before, after)
    assert len(held()) <= len(kept)


def held() -> list[str]:
    """The open files of this process and the shared memory that it made."""
    files = []
    for number in os.listdir("/proc/self/fd") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError):
            files.append(os.readlink(f"/proc/self/fd/{number}"))
    return files


def assert_same(one: Any, other: Any) -> None:
    """Equal; pictures to a step of 255, numbers to what float32 keeps of them."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name])
    elif isinstance(one, np.ndarray) and one.dtype == np.uint8:
        assert np.abs(one.astype(int) - other).max() <= 1
    elif isinstance(one, (np.ndarray, float)):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    else:
        assert one == other


@pytest.mark.parametrize("family", slots.members("families"))
def test_to_import_it_takes_no_torch(family: str) -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom taxiway.core import declaration\n"
            f"family = declaration.family({family!r})\n"
            f"getattr(family, 'opens', bool)({__file__!r})\n"
            "print('torch' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert said.stdout == "False\n", said.stderr
