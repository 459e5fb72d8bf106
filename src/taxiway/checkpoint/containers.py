"""Where in a file the generator is: people keep it alone, in dictionaries, tuples and wrappers."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from taxiway.checkpoint.arrays import NumberType, PickledArray
from taxiway.checkpoint.limits import Budget
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.values import Module, Opaque, Record

AVERAGED = ("G_ema", "g_ema", "Gs", "params_ema", "generator_ema", "ema")
"""Names under which the averaged generator is kept, the one to play."""
OTHERS = ("G", "g", "generator", "netG", "params", "state_dict", "model")
WRAPPERS = ("DataParallel", "DistributedDataParallel")
PREFIXES = re.compile(r"(?:module|generator|netG|G|G_ema|g_ema|decoder)\.")
TELLING = (
    "synthesis.b4.const", "synthesis.input.freqs", "input.input", "synthesis.b4.conv0.weight",
)  # fmt: skip
"""A tensor that only a generator has: NVIDIA's StyleGAN2 and 3, rosinality's, a FastGAN here."""
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
    found = list(_found(top, (), None, 0))
    return next((one for one in found if looks_right(one.value)), found[0] if found else None)


def _found(
    value: object, where: tuple[str, ...], beside: object, depth: int
) -> Iterator[Generator]:
    if depth > MAX_DEPTH:
        return
    match value:
        case Module():
            yield Generator(unwrapped(value), where, beside)
        case Record("Network", state) if "variables" in state or "components" in state:
            yield Generator(value, where, beside)
        case dict():
            yield from _in_dictionary(value, where, beside, depth)
        case list() | tuple():
            # (G, D, Gs) as NVIDIA wrote it: the averaged one is the last.
            for index in reversed(range(min(len(value), 16))):
                yield from _found(value[index], (*where, str(index)), value, depth + 1)


def _in_dictionary(
    value: dict[object, object], where: tuple[str, ...], beside: object, depth: int
) -> Iterator[Generator]:
    for name in (*AVERAGED, *OTHERS):
        if isinstance(value.get(name), Module | Record | dict | tuple | list):
            yield from _found(value[name], (*where, name), value, depth + 1)
    tensors = plain_names(value)
    if any(name in tensors for name in TELLING):
        yield Generator(tensors, where, beside)


def plain_names(state: dict[object, object]) -> dict[object, object]:
    """The tensors of a dictionary without what wrappers put before their names.

    Where some have such a prefix, as encoders' checkpoints do, only those are taken.
    """
    tensors: dict[object, object] = {
        name: value for name, value in state.items() if isinstance(value, Tensor)
    }
    for _ in range(2):
        if any(name in tensors for name in TELLING):
            return tensors
        bare: dict[object, object] = {}
        for name, tensor in tensors.items():
            if isinstance(name, str) and (match := PREFIXES.match(name)):
                bare[name[match.end() :]] = tensor
        tensors = bare
    return tensors


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
