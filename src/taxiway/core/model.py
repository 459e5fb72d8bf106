"""A model family's protocol, and which model to run: all that the other rooms know of either."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol

from msgspec import UNSET, Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, File, Wire, names
from taxiway.core.errors import InvalidArgument


class ModelSpec(Struct, frozen=True, kw_only=True):
    """Which model to run: the name it runs under, its family, and its set-up options.

    `command` is the one that `/query` means, its first if none is named. `on` is the address of
    another machine that it runs on, "" for this one.
    """

    name: str
    family: str
    options: dict[str, Any] = {}
    title: str = ""
    command: str | None = None
    on: str = ""


class Progress(Struct, frozen=True):
    """How far a model is with a batch: `done` from 0 to 1, and a sentence for people."""

    done: float
    message: str = ""


class Finished(dict[str, Any]):
    """Of answers in parts the outputs of one that is whole while others go on: it is sent now."""


class Model(Protocol):
    """One model family. Its author writes `setup` and `predict`; everything else is derived.

    `options` are the set-up options, `commands` what can be asked once set up; the first command
    is the one that `/query` means. The module is imported by the server and by `taxiway models`:
    what takes long to import waits in `setup`.

    Beside these a class may have:

    - `title`, `summary`: what people read, else the class's name and its docstring's first line;
    - `opens(path)`, static: whether this file, folder or address is a model of this family, told
      from what is in it. A path that is opened goes into the option `checkpoint`, unless
      `described(path)`, static, gives other parts of a card (title, summary, setup...);
    - `imports`: modules that take long to import, or a static function that gives them; the server
      has them ready before the set-up;
    - `needs_one_of`: options of which at least one must be given;
    - `local`: options that, like files, no client may give, but who is at the machine;
    - `others`: the option, an object, that takes what is given under names of no option;
    - `relays`: whether its commands are another program's, taken as they are;
    - `facts`: after the set-up, what the model says of itself (device, precision, notes...);
    - `spare_work()`: a generator of what the model does, after its first answer, while nobody asks:
      short steps, and a `yield True` once its `commands` or `facts` are others;
    - `input_types`: data types of its inputs by their tags, where its commands are only known after
      the set-up;
    - `forget(caller)`: of a model with a command that is `by_caller`: somebody has gone;
    - `deterministic`: whether the same call always has the same answer;
    - `example(command)`: inputs, as they come by the wire, to test the command with.
    """

    options: ClassVar[dict[str, AnyDataType]]
    commands: dict[str, Command]

    def setup(self, device: str, options: Values) -> None:
        """Load and warm up. `device` is auto, cpu, cuda or mps. May raise TaxiwayError."""

    def predict(
        self, command: str, batch: list[Values]
    ) -> list[Values] | Iterator[list[Values] | Progress]:
        """Answer a batch of one or more calls of one command, in order.

        An answer may be a TaxiwayError instead of outputs: it then concerns that call only.

        A generator answers in parts: every list that it yields has what there is of each answer so
        far (some outputs may be missing), the last one is the answer. A `Progress` in between says
        how far it is. An answer that is `Finished` among others that go on is sent at once. It is
        closed at a `yield` when nobody waits any more.
        """


def title_of(family: type[Model]) -> str:
    """What people call a family."""
    return str(getattr(family, "title", "") or family.__name__)


def summary_of(family: type[Model]) -> str:
    """What it does, in a line; "" where its author says nothing."""
    said = getattr(family, "summary", "") or (family.__doc__ or "").strip()
    return str(said).partition("\n")[0].strip()


def gathered(family: type[Model], given: Mapping[str, Any]) -> dict[str, Any]:
    """Options with those of no known name as parts of the option `others`, if there is one."""
    others = getattr(family, "others", None)
    if others is None:
        return dict(given)
    known = {name: value for name, value in given.items() if name in {*family.options, "device"}}
    rest = {name: value for name, value in given.items() if name not in known}
    return {**known, others: {**(known.get(others) or {}), **rest}} if rest else known


def decode_options(name: str, family: type[Model], given: Mapping[str, Wire]) -> Values:
    """The set-up options of the model called `name`, decoded; absent ones take their default.

    Raises InvalidArgument naming an option that is unknown, missing or wrong.
    """
    unknown = set(given) - set(family.options) - {"device"}
    if unknown:
        there_are = names(list(family.options))
        raise InvalidArgument(f"'{name}' has no option '{min(unknown)}'. There are: {there_are}.")
    decoded = {each: _decoded(name, family, each, given.get(each)) for each in family.options}
    one_of = getattr(family, "needs_one_of", ())
    if one_of and all(decoded[each] is None for each in one_of):
        wanted = " or ".join(f"'{each}'" for each in one_of)
        raise InvalidArgument(f"'{name}' needs the option {wanted}.", one_of[0])
    return decoded


def local_options(family: type[Model]) -> set[str]:
    """The options that no client may give, but who is at the machine: files, and `local` ones."""
    files = {name for name, field in family.options.items() if isinstance(field, File)}
    return files | set(getattr(family, "local", ()))


def _decoded(name: str, family: type[Model], option: str, value: Wire) -> Any:
    field = family.options[option]
    value = field.fallback if value is None else value
    if value is UNSET:
        what = f" ({field.description.rstrip('.')})" if field.description else ""
        raise InvalidArgument(f"'{name}' needs the option '{option}'{what}.", option)
    return None if value is None else field.decode_option(option, value)
