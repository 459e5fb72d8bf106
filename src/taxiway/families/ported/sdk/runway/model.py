"""One port: its set-up function, its options, its commands; set up once, then asked."""

import inspect
import json
import os
import sys
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .commands import Command, decode, fields
from .exceptions import MissingOptionError, RunwayError, SetupError, UnknownCommandError

SDK_VERSION = "0.6.1"
"""The version of Runway's SDK whose interface this is."""


class RunwayModel:
    """What `runway.setup`, `runway.command` and `runway.run` belong to."""

    def __init__(self) -> None:
        self.options = fields({})
        self.commands: Dict[str, Command] = {}
        self.status = "STARTING"
        self.model: Any = None
        self._function: Any = None
        self._started = time.monotonic()
        self._last_command: Optional[float] = None

    def setup(self, decorated: Any = None, options: Any = None) -> Any:
        """`@runway.setup`, `@runway.setup()` or `@runway.setup(options={name: type})`."""
        if callable(decorated):
            self._function = decorated
            return decorated
        self.options = fields(decorated if options is None else options)
        return self.setup

    def command(
        self,
        name: str,
        inputs: Any = None,
        outputs: Any = None,
        description: Optional[str] = None,
    ) -> Any:
        """`@runway.command(name, inputs={name: type}, outputs={name: type})`."""

        def declare(function: Any) -> Any:
            self.commands[name] = Command(name, function, inputs, outputs, description)
            return function

        return declare

    def run(
        self,
        host: str = "127.0.0.1",
        port: int = 9000,
        model_options: Optional[Dict[str, Any]] = None,
        debug: bool = False,
        meta: bool = False,
        no_serve: bool = False,
    ) -> None:
        """Set the model up and serve it; `RW_*` variables win over the arguments.

        Unlike in the SDK only this machine can ask, unless `host` or RW_HOST says otherwise.
        """
        if _flag("RW_META", meta):
            print(json.dumps({"options": self._described(), "commands": self._commands()}))
            return
        from .serving import serve

        options = json.loads(os.environ.get("RW_MODEL_OPTIONS") or json.dumps(model_options or {}))
        address = os.environ.get("RW_HOST") or host, int(os.environ.get("RW_PORT") or port)
        if _flag("RW_NO_SERVE", no_serve):
            self.start(options)
        else:
            serve(self, address, options, _flag("RW_DEBUG", debug))

    def start(self, options: Dict[str, Any]) -> None:
        """Set up for the first time, and tell; ends the process with 1 if that fails."""
        print("Initializing model...", flush=True)
        began = time.monotonic()
        try:
            self.set_up(options)
        except RunwayError as error:
            error.print_exception()
            print(error.message, file=sys.stderr, flush=True)
            sys.exit(1)
        print(f"Model initialized ({time.monotonic() - began:.2f}s)", flush=True)

    def set_up(self, given: Dict[str, Any]) -> None:
        """Run the set-up function. Raises RunwayError; a model that was there then stays."""
        values = decode(self.options, given, MissingOptionError, at_home=True)
        status, self.status = self.status, "STARTING"
        try:
            self.model = self._made(values)
            status = "RUNNING"
        except RunwayError:
            raise
        except (Exception, SystemExit) as error:
            raise SetupError.of(error) from error
        finally:
            self.status = status

    def ask(self, name: str, *arguments: Any) -> Iterator[Tuple[Dict[str, Any], Optional[float]]]:
        """The answers of a command, see `Command.answers`."""
        yield from self.find(name).answers(self.model, *arguments)
        self._last_command = time.monotonic()

    def find(self, name: str) -> Command:
        """The command of that name, or UnknownCommandError."""
        if name not in self.commands:
            raise UnknownCommandError(name)
        return self.commands[name]

    def describe(self) -> Dict[str, Any]:
        """What `/meta` tells."""
        return {
            "modelSDKVersion": SDK_VERSION,
            "millisRunning": _millis_since(self._started),
            "millisSinceLastCommand": _millis_since(self._last_command),
            "GPU": os.environ.get("GPU") == "1",
            "options": self._described(),
            "commands": self._commands(),
        }

    def _made(self, values: Dict[str, Any]) -> Any:
        if self._function is None:
            return None
        takes = inspect.signature(self._function).parameters
        return self._function(values) if takes else self._function()

    def _described(self) -> List[Dict[str, Any]]:
        return [field.to_dict() for field in self.options.values()]

    def _commands(self) -> List[Dict[str, Any]]:
        return [command.describe() for command in self.commands.values()]


def _flag(variable: str, otherwise: bool) -> bool:
    return os.environ[variable] == "1" if variable in os.environ else otherwise


def _millis_since(moment: Optional[float]) -> Optional[int]:
    return None if moment is None else round(1000 * (time.monotonic() - moment))
