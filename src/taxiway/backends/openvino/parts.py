"""A network as a chain of compiled models, of which only those compute for which something changed.

What one gives lies where the next looks for it. So whoever moves only the w of late layers has only
these computed, and whoever bends a layer what comes after it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Arrays
from taxiway.backends.openvino.library import openvino, ov

RANDOM = "random"
"""How the names of inputs begin that are drawn anew at each call."""
TAKEN = "part {} result {}"
"""What an input is called that is a result of an earlier part."""
FEW = 1 << 20
"""Bytes of a result up to which it is looked at whether it is another one than before."""


class Parts:
    """The parts of a graph that is being written down: of each the results that others take.

    The first works out what scales whole channels for all of them: few numbers, by which a part
    knows whether any w that it depends on has changed.
    """

    def __init__(self) -> None:
        self.results: list[list[Any]] = [[]]

    def __len__(self) -> int:
        return len(self.results)

    def taken(self, part: int, x: Any) -> Any:
        """x, which a part works out, as a later one takes it: the first that is taken of the last
        part ends it."""
        if len(self) == part + 1:
            self.results.append([])
        name = TAKEN.format(part, len(self.results[part]))
        self.results[part].append(x)
        return named(ov.parameter(x.get_output_partial_shape(0), np.float32, name=name), name)

    def models(self, outputs: Sequence[Any], title: str) -> list[Any]:
        """One for each part, the last of which gives the outputs; without those that it needs
        nothing of."""
        models = [openvino.Model(list(outputs), parameters(outputs), title)]
        for part in reversed(range(len(self) - 1)):
            if any(part == origin[0] for model in models for origin in origins(model)):
                results = self.results[part]
                models.insert(0, openvino.Model(results, parameters(results), f"{title} {part}"))
        return models


def named(parameter: Any, name: str) -> Any:
    """A parameter that can be found by its name once it is compiled."""
    parameter.output(0).get_tensor().set_names({name})
    return parameter


def parameters(nodes: Sequence[Any]) -> list[Any]:
    """The parameters that nodes are computed from."""
    found, seen, left = [], set(), [*nodes]
    while left:
        node = left.pop()
        if node.get_name() not in seen:
            seen.add(node.get_name())
            found += [node] if node.get_type_name() == "Parameter" else []
            left += [value.get_node() for value in node.input_values()]
    return found


def origins(model: Any) -> list[tuple[int, int]]:
    """Which parts' which results a model takes."""
    found = [origin_of(each.get_any_name()) for each in model.inputs]
    return [origin for origin in found if origin]


def origin_of(name: str) -> tuple[int, int] | None:
    """Which part's which result an input is; None for one of the graph itself."""
    match = re.fullmatch(TAKEN.format("([0-9]+)", "([0-9]+)"), name)
    return (int(match[1]), int(match[2])) if match else None


class Chain:
    """The compiled models of one network, for batches of one size, or of any."""

    def __init__(self, names: Sequence[str], models: Sequence[Any]) -> None:
        self.names = names
        self.links: list[Link] = []
        for model in models:
            self.links.append(Link(model, self.links))

    def run(self, arrays: Mapping[str, npt.NDArray[Any]], count: int, keeps: bool) -> Arrays:
        """The results by name of the last model, in memory of their own.

        Where it `keeps` results, what would compute the same again does not.
        """
        for link in self.links:
            link.run(arrays, count, keeps)
        found = [self.links[-1].result(place) for place in range(len(self.names))]
        return {name: np.array(data) for name, data in zip(self.names, found, strict=True)}


class Link:
    """One model of a chain; `times` is how often it had to compute."""

    def __init__(self, model: Any, before: "Sequence[Link]") -> None:
        self.request, self.times = model.create_infer_request(), 0
        self.rng = np.random.default_rng()
        self.given: list[tuple[int, str, Any]] = []
        self.taken: list[tuple[Link, int]] = []
        self._seen: list[Any] = []
        for index, each in enumerate(model.inputs):
            if origin := origin_of(each.get_any_name()):
                link, place = before[origin[0]], origin[1]
                self.request.set_input_tensor(index, link.request.get_output_tensor(place))
                self.taken.append((link, place))
            else:
                self.given.append((index, each.get_any_name(), each.partial_shape))

    def run(self, arrays: Mapping[str, npt.NDArray[Any]], count: int, keeps: bool) -> None:
        """Compute, unless it `keeps` its results and all that they depend on is what it was."""
        given = {
            index: np.ascontiguousarray(arrays[name])
            if name in arrays
            else self.other(name, shape, count)
            for index, name, shape in self.given
        }
        seen = [(array.shape, array.tobytes()) for array in given.values()]
        seen += [link.told(place) for link, place in self.taken]
        if keeps and seen == self._seen:
            return
        self._seen = []  # whatever fails, it is computed anew
        self.request.infer(given, share_inputs=True)
        self._seen, self.times = seen, self.times + 1

    def result(self, place: int) -> npt.NDArray[Any]:
        """One of the results, where it lies: not to be kept."""
        data: npt.NDArray[Any] = self.request.get_output_tensor(place).data
        return data

    def told(self, place: int) -> Any:
        """What another result than before is told by."""
        data = self.result(place)
        return data.tobytes() if data.nbytes <= FEW else self.times

    def other(self, name: str, partial: Any, count: int) -> npt.NDArray[np.float32]:
        """Numbers that are drawn anew, or what stands for labels that are not given: no class."""
        _, *sides = partial
        shape = (count, *(side.get_length() for side in sides))
        if name.startswith(RANDOM):
            return self.rng.standard_normal(shape, np.float32)
        return np.zeros(shape, np.float32)
