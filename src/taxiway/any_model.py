"""A model of any family in a script: `m = taxiway.load("poet.txt"); m.query(prompt="A cloud")`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Image
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.messages import CallError, CallOutputs
from taxiway.engine.worker import checked, start
from taxiway.jobs.inputs import value_of


class AnyModel:
    """A model that is set up in this process; `commands` are what it can be asked, by name.

    Inputs are given by name, as values of the wire or as Python has them: a path or a Pillow
    picture for a picture, a path for a file. Pictures among the outputs are Pillow's.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self.name = spec.name
        self._model, self.facts = start(spec)
        self.commands = self._model.commands

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(map(str, self.commands))}>"

    def query(self, command: str | None = None, /, **inputs: Any) -> Values:
        """The outputs of one call, of the first command if none is named.

        Raises InvalidArgument for a command or an input that does not fit, or what the model says.
        """
        *_, last = self.parts(command, **inputs)
        return last

    def parts(self, command: str | None = None, /, **inputs: Any) -> Iterator[Values]:
        """What there is of the outputs so far, as often as the model shows some; last the answer.

        Leave the loop to stop the model. Raises as `query` does.
        """
        asked = self._command(command)
        wire = {name: _given(asked, name, value) for name, value in inputs.items()}
        for answer in self._answers(asked, asked.decode(wire)):
            if isinstance(answer, CallError):
                raise answer.error()
            yield _shown(asked, answer)

    def _answers(self, command: Command, call: Values) -> Iterator[CallOutputs | CallError]:
        """What the model yields for one call; an exception of its own is an answer, too."""
        try:
            result: Any = self._model.predict(command.name, [call])
            for part in [result] if isinstance(result, list) else result:
                if not isinstance(part, Progress):
                    yield checked(part, 1)[0]
        except Exception as error:
            yield CallError.of(error)

    def _command(self, name: str | None) -> Command:
        name = next(iter(self.commands)) if name is None else name
        if name not in self.commands:
            there_are = ", ".join(self.commands)
            raise InvalidArgument(f"'{self.name}' has no command '{name}'. There are: {there_are}.")
        return self.commands[name]


def _given(command: Command, name: str, value: Any) -> Any:
    """An input as the command decodes it."""
    if isinstance(value, Path) and name in command.inputs:
        return value_of(command.inputs[name], [value])
    return np.asarray(value) if isinstance(value, Pictures.Image) else value


def _shown(command: Command, answer: CallOutputs) -> Values:
    """Outputs with pictures that a notebook shows."""
    return {
        name: Pictures.fromarray(value)
        if isinstance(command.outputs.get(name), Image) and isinstance(value, np.ndarray)
        else value
        for name, value in answer.outputs.items()
    }
