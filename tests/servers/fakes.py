"""An engine without processes: the same calls as the real one, on a model in this process."""

from collections.abc import Mapping
from typing import Any

from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import Wire
from taxiway.core.errors import NotFound, TaxiwayError


class FakeRunning:
    """What the servers read of a running model."""

    def __init__(self, commands: dict[str, Command]) -> None:
        self.commands = commands
        self.state = "running"
        self.is_stopped = False
        self.facts: dict[str, Any] = {"device": "cpu"}
        self.last_output: dict[str, Wire] = {}
        self.last_error: str | None = None


class FakeEngine:
    """Holds one model, `fake`, and answers at once. `raises` is what the next call raises."""

    def __init__(self, model: Any, options: Mapping[str, Any] | None = None) -> None:
        defaults = {name: field.fallback for name, field in model.options.items()}
        model.setup("cpu", {**defaults, **(options or {})})
        self.model = model
        self.running = {"fake": FakeRunning(model.commands)}
        self.raises: Exception | None = None

    async def ready(self, name: str) -> None:
        self._find(name)

    async def command_of(self, name: str, command: str | None = None) -> Command:
        running = self._find(name)
        if not running.commands:
            await self.ready(name)
        return first_command(running.commands, command)

    async def query(
        self,
        name: str,
        wire: Mapping[str, Wire],
        command: str | None = None,
        format_header: str | None = None,
    ) -> dict[str, Wire]:
        running = self._find(name)
        chosen = first_command(running.commands, command)
        try:
            inputs = chosen.decode(wire)
            outputs = self._predict(chosen, inputs)
        except TaxiwayError as error:
            running.last_error = str(error)
            raise
        running.last_output = chosen.encode(outputs, chosen.formats(inputs, format_header))
        running.last_error = None
        return running.last_output

    async def run(
        self,
        name: str,
        values: Mapping[str, Any],
        command: str | None = None,
        live: str | None = None,
        rests: bool = False,
    ) -> Values:
        chosen = first_command(self._find(name).commands, command)
        return self._predict(chosen, chosen.decode(values))

    def _predict(self, command: Command, inputs: Values) -> Values:
        if self.raises is not None:
            raise self.raises
        outputs: Values = self.model.predict(command.name, [inputs])[0]
        return outputs

    def _find(self, name: str) -> FakeRunning:
        if name not in self.running:
            raise NotFound(f"No model named '{name}' runs.")
        return self.running[name]
