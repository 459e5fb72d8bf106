"""Walking the tree of persistent modules in an NVIDIA file: every layer and tensor by its name."""

import re
from dataclasses import dataclass, field

from taxiway.checkpoint.attributes import Attributes
from taxiway.checkpoint.limits import MAX_MODULE_DEPTH, Broken, Budget
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.values import Module

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
