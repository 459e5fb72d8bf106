"""A tool: work on a model that takes a while, reports how far it is, and can be stopped."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.extras import lacking
from taxiway.core.faults import blamed, broken
from taxiway.core.images import Pixels
from taxiway.core.model import ModelSpec

OTHER = "other"
"""The input of a tool that takes a second model: text, its name, until whoever runs the tool puts
what `run` takes as `model` in its place. No file is opened by a client's word."""


ON = "on"
"""The input of a tool that may work on another machine: its name, nothing for this one."""


class Stopped(TaxiwayError):
    """The user stopped a job; what was finished is kept, and the same call goes on from there."""

    exit_code = 130


class Takes(Struct, frozen=True, kw_only=True):
    """Which models a tool works on; it is offered for no other.

    `families` are those it was written for, any family if there are none. `inputs` are data types
    by their tags ("image"), each of which a command of the model must have among its inputs;
    `one_of` are some of which it must have one, `named` the names of inputs that it must have.
    Without `model` the tool works on none.
    """

    families: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    model: bool = True

    def suits(self, family: str, commands: Collection[Command]) -> bool:
        """Whether it works on a model of that family and these commands, none if not yet known."""
        if not self.model or (self.families and family not in self.families):
            return False
        return not commands or any(
            self._fits(tags(command)) and {*self.named} <= {*command.inputs} for command in commands
        )

    def check(
        self,
        tool: str,
        spec: ModelSpec,
        commands: Collection[Command] = (),
        types: Collection[str] = (),
    ) -> None:
        """Raises InvalidArgument, naming `model`, where `suits` is false.

        Of a model whose commands are not yet known, `types` are those of its inputs, if they are.
        """
        if self.suits(spec.family, commands) and (not types or self._fits({*types})):
            return
        wanted = f"models of {names(self.families)}" if self.families else self.inputs_told
        raise InvalidArgument(
            f"'{tool}' works on {wanted or 'other models'}; '{spec.name}' is none.", "model"
        )

    @property
    def inputs_told(self) -> str:
        """Which inputs a model must have, in a few words; "" where any will do."""
        either = [" or ".join(self.one_of)] if self.one_of else []
        wanted = [*(self.named or self.inputs), *either]
        return f"models that take {names(wanted)}" if wanted else ""

    def _fits(self, types: set[str]) -> bool:
        return types.issuperset(self.inputs) and (not self.one_of or bool(types & {*self.one_of}))


def tags(command: Command) -> set[str]:
    """The types of a command's inputs, by their tags."""
    return {str(field.__struct_config__.tag) for field in command.inputs.values()}


class Job(Protocol):
    """One run of a tool: the folder for its files, and how it reports.

    `force` says that what lies in the folder may be replaced.
    """

    folder: Path
    force: bool

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        """Report that `done` of `total` is done; `preview` is uint8 [H, W, 3]. Call it often.

        Raises Stopped once the user has stopped the job.
        """


class Tool(Protocol):
    """A member of the slot `tools`: typed inputs and outputs like a model's, one call at a time.

    `run` writes its files whole into `job.folder`, keeps there what it needs to go on after a
    stop, and returns small outputs: file names, numbers, pictures. Raises TaxiwayError.

    A file that a caller gives for an input of type `file`, `any` or an array of them comes as a
    Path. Also read, where a tool has them: `takes` (a Takes), `unit` (of what `done` counts, in the
    plural), `is_light` (whether it may run beside other jobs), `begins_anew` (whether it cannot go
    on where it was stopped), `needs` (modules that an extra of
    ours brings, such as "torch": without them it cannot be used), `wants` (of modules without which
    something of it cannot: what, by module), and `open(spec)`, which gives
    what `run` takes as `model`. Without that it is an `OpenModel`, and None for a tool that needs
    none.

    On the command line every tool is a command. It may have `flags`, where an input is not simply
    `--its-name`; an `epilog` of its help; `report(outputs, folder)`, the lines that are printed at
    the end; and `options` with `setup(options)`, as a model has them, for what only the person at
    the machine may give.
    """

    command: Command

    def run(self, model: Any, inputs: Values, job: Job) -> Values: ...


class OpenModel(Protocol):
    """A model that is set up, whatever its family: what a general tool asks.

    `identity` is the same only for models of the same family and options. It may have `facts`:
    what the model says of itself after its set-up.
    """

    name: str
    identity: str
    commands: Mapping[str, Command]

    def ask(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        """The decoded outputs of some calls of one command, or what went wrong with each."""


class Flag(Struct, frozen=True, kw_only=True):
    """How an input is written on the command line, where its name and type do not say it all.

    `names` stand in place of `--its-name`; one without dashes is a word by its place. `many` takes
    several words; `usual` counts in place of the input's own default; text that ends as one of
    `files` is a file that holds it. `is_output` is a path of which the folder is the job's and the
    name the input's value; `is_option` says that a set-up option is meant.
    """

    input: str
    names: tuple[str, ...] = ()
    metavar: str = ""
    help: str = ""
    many: bool = False
    usual: Any = None
    files: tuple[str, ...] = ()
    is_required: bool = False
    is_output: bool = False
    is_option: bool = False
    is_hidden: bool = False


class Declared(Struct, frozen=True, kw_only=True):
    """A tool as others see it, without what it imports.

    `lacks` is a sentence on what of it cannot be used here, with the line that mends that;
    `source` what a training learns from, a "dataset" or a "model".
    """

    command: Command
    takes: Takes = Takes()
    unit: str = "steps"
    is_light: bool = False
    lacks: str = ""
    source: str = "dataset"


def declared(tool: Any) -> Declared:
    """The declaration of a tool, an object or its class."""
    said = {k: getattr(tool, k) for k in ("takes", "unit", "is_light") if hasattr(tool, k)}
    missing = (lacking(module, what) for module, what in getattr(tool, "wants", {}).items())
    return Declared(command=tool.command, lacks=next(filter(None, missing), ""), **said)


def outcome(tool: Any, model: Any, inputs: Values, job: Job) -> Values:
    """What a tool's `run` gives, which has every output.

    Raises Stopped, or a TaxiwayError: of whatever else it raises, with file and line.
    """
    name = tool.command.name
    with blamed(tool, f"'{name}'"):
        given = tool.run(model, inputs, job)
    if not isinstance(given, Mapping):
        raise broken(tool, f"'{name}' gives its outputs by name from run, got {given!r:.60}")
    if missing := tool.command.outputs.keys() - given.keys():
        has = names(list(map(str, given)))
        raise broken(tool, f"'{name}' gives no '{min(missing)}' from run, its outputs are {has}")
    return dict(given)


@dataclass
class QuietJob:
    """A job that reports to nobody, for tests and notebooks; it stops once `stop_after` is done."""

    folder: Path
    stop_after: float | None = None
    force: bool = False

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        if self.stop_after is not None and done >= self.stop_after:
            raise Stopped(f"Stopped at {done:g} of {total:g}; run it again to go on.")
