"""Walking the tree of persistent modules in an NVIDIA file: every layer and tensor by its name."""

import math
import re
from dataclasses import dataclass, field

from taxiway.checkpoint.arrays import PickledArray
from taxiway.checkpoint.limits import MAX_MODULE_DEPTH, Broken, Budget
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.values import Module, Values


@dataclass(frozen=True, slots=True)
class Attributes:
    """The plain attributes of the object at `path`; each method raises Broken if it is not so."""

    path: str
    values: Values

    def whole(self, name: str) -> int:
        """A whole number from 0 on."""
        value = self._get(name)
        if type(value) is not int or not 0 <= value < 1 << 31:
            raise self._wrong(name, "a whole number")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise self._wrong(name, "a number")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """A finite number, or None, which may also be left out."""
        return None if self.values.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """True or False."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def text(self, name: str) -> str:
        """Text."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def wholes(self, name: str, count: int) -> list[int]:
        """A list, tuple or array of `count` whole numbers of either sign."""
        value = self._get(name)
        if isinstance(value, PickledArray) and value.tensor and value.tensor.count == count:
            value = value.tensor.read(Budget(value.tensor.nbytes)).ravel().tolist()
        if not isinstance(value, list | tuple) or len(value) != count:
            raise self._wrong(name, f"{count} whole numbers")
        if not all(type(item) is int and abs(item) < 1 << 31 for item in value):
            raise self._wrong(name, f"{count} whole numbers")
        return [int(item) for item in value]

    def _get(self, name: str) -> object:
        if name not in self.values:
            raise Broken(f"has no '{name}' in its layer '{self.path or 'generator'}'")
        return self.values[name]

    def _wrong(self, name: str, expected: str) -> Broken:
        layer = self.path or "generator"
        return Broken(f"has something else than {expected} as '{name}' of its layer '{layer}'")


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")


@dataclass(slots=True)
class Network:
    """A network taken apart: modules and tensors by dotted path."""

    modules: dict[str, Module] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def attributes(self, path: str) -> Attributes:
        """What the module at `path` recorded; raises Broken if there is none."""
        if path not in self.modules:
            raise Broken(f"has no layer '{path}'")
        return Attributes(path, self.modules[path].state)

    def children(self, path: str, pattern: str) -> list[str]:
        """Names of the modules just under `path` that match `pattern`, in their recorded order."""
        whole = re.compile(re.escape(path) + r"\." + f"({pattern})")
        found = (whole.fullmatch(name) for name in self.modules)
        return [match[1] for match in found if match]


def take_apart(root: Module, budget: Budget) -> Network:
    """All modules and tensors below `root`, itself included under the name ''."""
    network = Network()
    _walk(root, "", 0, network, budget)
    return network


def _walk(module: Module, path: str, depth: int, network: Network, budget: Budget) -> None:
    if depth > MAX_MODULE_DEPTH:
        raise Broken(f"has layers within layers more than {MAX_MODULE_DEPTH} deep")
    network.modules[path] = module
    for kind in ("_parameters", "_buffers"):
        for name, value in _members(module, kind, path, budget):
            if not isinstance(value, Tensor):
                raise Broken(f"has something else than a tensor as '{name}'")
            network.tensors[name] = value
    for name, value in _members(module, "_modules", path, budget):
        if not isinstance(value, Module):
            raise Broken(f"has something else than a layer as '{name}'")
        _walk(value, name, depth + 1, network, budget)


def _members(module: Module, kind: str, path: str, budget: Budget) -> list[tuple[str, object]]:
    """The parameters, buffers or modules of a module by dotted name, without the empty ones."""
    members = module.state.get(kind)
    if not isinstance(members, dict):
        raise Broken(f"has no '{kind}' in its layer '{path or 'generator'}'")
    found = []
    for name, value in members.items():
        budget.visit()
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Broken(f"has a member of its layer '{path or 'generator'}' whose name is none")
        if value is not None:
            found.append((f"{path}.{name}" if path else name, value))
    return found
