"""Small models for tests; a worker process loads them as `toys:Name`."""

import os
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from taxiway.core import twins
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Boolean,
    Category,
    Image,
    ImageLandmarks,
    ImagePoint,
    Number,
    OutputFormat,
    Text,
    Vector,
)
from taxiway.core.errors import InvalidArgument, Spent
from taxiway.core.model import Progress
from taxiway.core.tool import Takes


def gradient(z: np.ndarray[Any, Any], size: int = 64) -> np.ndarray[Any, Any]:
    """A picture that depends on z and on nothing else."""
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    red = ramp[None, :] * (1 + z[0])
    green = ramp[:, None] * (1 + z[1])
    blue = np.full((size, size), 0.5 + 0.1 * z.mean(), np.float32)
    picture = np.stack(np.broadcast_arrays(red, green, blue), -1)
    return (np.clip(picture / 2, 0, 1) * 255).astype(np.uint8)


class Gradient:
    """z in, a gradient out, after `delay` seconds; like StyleGAN's command in every name."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "delay": Number(default=0.0),
        "max_batch": Number(default=4, whole=True),
        "length": Number(default=512, whole=True),
    }
    commands: dict[str, Command]
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}

    def setup(self, device: str, options: Values) -> None:
        self.delay = options["delay"]
        self.commands = {
            "generate": Command(
                name="generate",
                inputs={
                    "z": Vector(length=options["length"], sampling_std=0.5),
                    "truncation": Number(default=0.8, min=0, max=1, step=0.01),
                    "seed": Number(default=None, optional=True, whole=True, min=0, max=2**32 - 1),
                    "format": OutputFormat(),
                },
                outputs={"image": Image(width=64, height=64)},
                max_batch=options["max_batch"],
                needs_one_of=("z", "seed"),
            )
        }

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        time.sleep(self.delay)
        return [{"image": gradient(self._z(call))} for call in batch]

    def _z(self, call: Values) -> np.ndarray[Any, Any]:
        z = call["z"]
        return z if z is not None else np.random.RandomState(call["seed"]).randn(512)


class OnGpu(Gradient):
    """A gradient whose pictures have twins, somewhere, where they are wanted."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        pictures = np.stack([gradient(self._z(call)) for call in batch])
        if twins.wanted():
            twins.keep(pictures, twins.Twin(1000, 0, self))
        return [{"image": picture} for picture in pictures]


class Noted(Gradient):
    """A gradient that notes something of itself."""

    facts: ClassVar[dict[str, Any]] = {"device": "cpu", "notes": ["half grown"]}


class Echo:
    """Says what it was given; of every type that is no picture, without z and seed."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "say": Command(
            name="say",
            inputs={
                "any": AnyType(),
                "words": Array(item_type=Text()),
                "pairs": Array(item_type=Array(item_type=Number(), max_length=2)),
                "code": Vector(length=2),
                "point": ImagePoint(),
                "face": ImageLandmarks(length=2),
                "mood": Category(one_of=("good", "bad")),
                "aloud": Boolean(),
            },
            outputs={"given": AnyType(), "code": Vector(length=2), "point": ImagePoint()},
        )
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._say(**call) for call in batch]

    def _say(self, code: np.ndarray[Any, Any], point: list[float], **others: Any) -> Values:
        return {"given": others, "code": code, "point": point}


RAISED = {
    "refuse": InvalidArgument("'what' is refused.", "what"),
    "lose": Spent("The GPU is lost."),
    "fail": ZeroDivisionError("no such luck"),
    "exit": SystemExit(3),
}


class Troubled:
    """Does what its input says: fails, refuses, exits, dies, loses what it computes with, grows,
    waits until a file that it writes is gone, counts its batch, or says its pid."""

    options: ClassVar[dict[str, AnyDataType]] = {"at_start": Text(default="")}
    commands: ClassVar[dict[str, Command]] = {
        "do": Command(name="do", inputs={"what": Text()}, outputs={"said": Text()}, max_batch=3),
        "look": Command(name="look", inputs={"picture": Image()}, outputs={"mean": Number()}),
    }

    def setup(self, device: str, options: Values) -> None:
        self._act(options["at_start"])

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        if command == "look":
            return [{"mean": call["picture"].mean()} for call in batch]
        return [{"said": self._act(call["what"]) or f"batch of {len(batch)}"} for call in batch]

    def _act(self, what: str) -> str | None:
        if what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if what in RAISED:
            raise RAISED[what]
        if what == "grow":
            self.kept = [*getattr(self, "kept", ()), np.ones(10**7)]  # 80 MB
        if what.startswith("hold "):
            held = Path(what.removeprefix("hold "))
            held.touch()
            while held.exists():
                time.sleep(0.002)
        return str(os.getpid()) if what == "pid" else None


class Looker(Troubled):
    """A photo in, its mean out."""

    commands: ClassVar[dict[str, Command]] = {"look": Troubled.commands["look"]}


class Remembers:
    """How often whoever asks has asked, and how many are remembered."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "count": Command(
            name="count",
            inputs={"text": Text(default="")},
            outputs={"asked": Number(), "callers": Number()},
            by_caller=True,
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.asked: dict[str, int] = {}

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._count(call["caller"]) for call in batch]

    def _count(self, caller: str) -> Values:
        self.asked[caller] = self.asked.get(caller, 0) + 1
        return {"asked": self.asked[caller], "callers": len(self.asked)}

    def forget(self, caller: str) -> None:
        del self.asked[caller]


class Counter:
    """A tool: counts to `until` in a file, one more each time; with `hold` it stays at one."""

    unit = "steps"
    command = Command(
        name="count",
        inputs={
            "until": Number(default=1, whole=True),
            "hold": Boolean(),
            "other": Text(),
            "given": AnyType(optional=True),
        },
        outputs={"counted": Number(), "model": Text(), "given": AnyType()},
    )

    def run(self, model: Any, inputs: Values, job: Any) -> Values:
        if inputs["until"] == 13:
            raise InvalidArgument("13 brings bad luck.", "until")
        file = job.folder / "count.txt"
        counted = int(file.read_text()) if file.exists() else 0
        while counted < inputs["until"]:
            counted += 1
            file.write_text(str(counted))
            while True:
                time.sleep(0.01)
                job.progress(counted, inputs["until"], str(os.getpid()), gradient(np.zeros(2)))
                if not inputs["hold"]:
                    break
        given = inputs["given"]
        given = given.read_text() if isinstance(given, Path) else given
        names = model.name + (f"+{inputs['other'].name}" if inputs["other"] else "")
        return {"counted": counted, "model": names, "given": given}


class LightCounter(Counter):
    """May run beside others."""

    is_light = True


class Lookers(Counter):
    """Only for models that take pictures."""

    takes = Takes(inputs=("image",))


class Writer:
    """Answers in parts: its text letter by letter, and in the end how many they are.

    "for ever" never ends, and "fail" fails at its second letter. `left` is a file that it writes
    when it is closed before its end.
    """

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "write": Command(
            name="write",
            inputs={"text": Text(default="hello"), "left": Text(default="")},
            outputs={"text": Text(), "letters": Number()},
            max_batch=3,
        ),
        "develop": Command(
            name="develop",
            inputs={"steps": Number(default=3, whole=True)},
            outputs={"image": Image()},
        ),
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> Iterator[list[Values] | Progress]:
        return self._develop(batch[0]) if command == "develop" else self._write(batch)

    def _develop(self, call: Values) -> Iterator[list[Values] | Progress]:
        for step in range(1, int(call["steps"]) + 1):
            yield Progress(step / call["steps"], f"Step {step}.")
            yield [{"image": np.full((64, 64, 3), 20 * step, np.uint8)}]

    def _write(self, batch: list[Values]) -> Iterator[list[Values] | Progress]:
        texts = [call["text"] for call in batch]
        is_endless = "for ever" in texts
        try:
            for end in count(1):
                time.sleep(0.002)
                if "fail" in texts and end == 2:
                    raise ZeroDivisionError("out of ink")
                yield Progress(min(end / max(map(len, texts)), 1), f"Letter {end}.")
                yield [{"text": text[:end]} for text in texts]
                if not is_endless and end >= max(map(len, texts)):
                    break
            yield [{"text": text, "letters": len(text)} for text in texts]
        except GeneratorExit:
            for call in batch:
                if call["left"]:
                    Path(call["left"]).write_text("left")
            raise


class Short(Troubled):
    """Forgets all calls of a batch but one."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"said": "one"}]


class Mute(Troubled):
    """Answers in no parts at all."""

    def predict(self, command: str, batch: list[Values]) -> Any:
        yield from ()


class Odd(Troubled):
    """Yields what cannot leave a process."""

    def predict(self, command: str, batch: list[Values]) -> Any:
        yield [{"said": object()} for _ in batch]


class Tally:
    """Answers each number with its double, and writes into a file that it did."""

    options: ClassVar[dict[str, AnyDataType]] = {"file": Text()}
    commands: ClassVar[dict[str, Command]] = {
        "double": Command(
            name="double", inputs={"number": Number()}, outputs={"double": Number()}, max_batch=2
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.file = Path(options["file"])

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        time.sleep(0.005)
        with self.file.open("a") as file:
            file.writelines(f"{call['number']:g} {os.getpid()}\n" for call in batch)
        return [{"double": 2 * call["number"]} for call in batch]


class Steady(Tally):
    """The same, which may be asked again where an answer was lost."""

    deterministic = True
