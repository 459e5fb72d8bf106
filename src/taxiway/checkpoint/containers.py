"""Where in a file the generator is: people keep it alone, in dictionaries, tuples and wrappers."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from taxiway.checkpoint.arrays import NumberType, PickledArray
from taxiway.checkpoint.limits import Budget
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.values import Module, Opaque, Record

AVERAGED = ("G_ema", "g_ema", "Gs", "params_ema", "generator_ema", "ema")
"""Names under which the averaged generator is kept, the one to play."""
OTHERS = ("G", "g", "generator", "netG", "params", "state_dict", "model")
WRAPPERS = ("DataParallel", "DistributedDataParallel")
TELLING = (
    "synthesis.b4.const", "synthesis.input.freqs", "input.input", "synthesis.b4.conv0.weight",
)  # fmt: skip
"""A tensor that only a generator has: NVIDIA's StyleGAN2 and 3, rosinality's, a FastGAN here."""
NESTED = (Module, Record, dict, tuple, list)
UNKNOWN = 100
"""The rank of names that say nothing."""
MAX_DEPTH = 4


class Generator(NamedTuple):
    """What holds a generator, `where` it was in the file, and what stood beside it there."""

    value: Module | Record | dict[object, object]
    where: tuple[str, ...] = ()
    beside: object = None


def find_generator(top: object) -> Generator | None:
    """The generator in the top object of a pickle or torch file, the averaged one if there are two.

    A module (persistent or plain), TensorFlow's Network, or a dictionary of tensors by name. Where
    nothing looks like one, any network that is there, whose reader then says what it lacks.
    """
    found = list(_found(top, (), None, set()))
    return next((one for one in found if looks_right(one.value)), found[0] if found else None)


def _found(
    value: object, where: tuple[str, ...], beside: object, done: set[int]
) -> Iterator[Generator]:
    """Generators in a value; `done` are the dictionaries that were looked into."""
    if len(where) > MAX_DEPTH:
        return
    match value:
        case Module():
            yield Generator(unwrapped(value), where, beside)
        case Record("Network", state) if "variables" in state or "components" in state:
            yield Generator(value, where, beside)
        case dict() if id(value) not in done:
            done.add(id(value))
            yield from _in_dictionary(value, where, beside, done)
        case list() | tuple():
            # (G, D, Gs) as NVIDIA wrote it: the averaged one is the last.
            for index in reversed(range(min(len(value), 16))):
                yield from _found(value[index], (*where, str(index)), value, done)


def _in_dictionary(
    value: dict[object, object], where: tuple[str, ...], beside: object, done: set[int]
) -> Iterator[Generator]:
    parts = {name: part for name, part in value.items()
             if isinstance(name, str) and isinstance(part, NESTED)}  # fmt: skip
    names = sorted(parts, key=_rank)
    for name in (name for name in names if _rank(name) < UNKNOWN):
        yield from _found(parts[name], (*where, name), value, done)
    yield from _of_tensors(value, where, beside)
    for name in (name for name in names if _rank(name) == UNKNOWN):
        # What is under a name that says nothing may be a discriminator, or anything.
        found = _found(parts[name], (*where, name), value, done)
        yield from (each for each in found if looks_right(each.value))


def _rank(name: str) -> int:
    """How soon a name is looked under: the averaged generator's names first."""
    if name in AVERAGED:
        return AVERAGED.index(name)
    if is_averaged(name):
        return len(AVERAGED)
    return len(AVERAGED) + 1 + OTHERS.index(name) if name in OTHERS else UNKNOWN


def is_averaged(name: str) -> bool:
    """Whether a name says that what it names is the averaged one of two."""
    return name in AVERAGED or "ema" in name.lower()


def _of_tensors(
    state: Mapping[object, object], where: tuple[str, ...], beside: object
) -> Iterator[Generator]:
    """The generators in a dictionary of tensors, without what wrappers put before their names.

    Where some have such a prefix, as encoders' checkpoints do, only those are taken.
    """
    tensors = {name: tensor_of(value) for name, value in state.items() if isinstance(name, str)}
    tensors = {name: value for name, value in tensors.items() if value is not None}
    prefixes = {
        name.removesuffix(telling)
        for name in tensors
        for telling in TELLING
        if name == telling or name.endswith(f".{telling}")
    }
    for prefix in sorted(prefixes, key=lambda prefix: (not is_averaged(prefix), prefix)):
        bare: dict[object, object] = {
            name.removeprefix(prefix): value
            for name, value in tensors.items()
            if name.startswith(prefix)
        }
        told = len(prefixes) > 1 or is_averaged(prefix)
        said = (prefix.rstrip("."),) if told else ()
        yield Generator(bare, (*where, *said), beside)


def tensor_of(value: object) -> Tensor | None:
    """A tensor of torch's, or what a numpy array holds."""
    if isinstance(value, PickledArray) and not value.wanted:
        value = value.tensor
    return value if isinstance(value, Tensor) else None


def unwrapped(module: Module) -> Module:
    """The module in torch's wrappers for several GPUs."""
    for _ in range(MAX_DEPTH):
        modules = module.state.get("_modules")
        inner = modules.get("module") if isinstance(modules, dict) else None
        if module.name.rpartition(".")[2] not in WRAPPERS or not isinstance(inner, Module):
            break
        module = inner
    return module


def looks_right(value: object) -> bool:
    """Whether it is built as a generator is."""
    if not isinstance(value, Module):
        return True
    modules = value.state.get("_modules")
    return isinstance(modules, dict) and "synthesis" in modules


def opaque_in(value: object, budget: Budget, depth: int = 0) -> Opaque | None:
    """Something within `value` that was not understood, if there is any."""
    budget.visit()
    match value:
        case Opaque():
            return value
        case PickledArray(wanted=wanted) | NumberType(wanted=wanted) if wanted:
            return Opaque(wanted)
        case Module(state=state) | Record(state=state):
            parts: list[object] = [state]
        case dict():
            parts = list(value.values())
        case list() | tuple():
            parts = list(value)
        case _:
            return None
    if depth > 40:
        return Opaque("something nested too deep")
    return next((found for part in parts if (found := opaque_in(part, budget, depth + 1))), None)
