"""A graph as onnxruntime runs it: an ONNX model made in memory, arrays in and out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from taxiway.backends import Arrays, Graph, Inputs, is_large
from taxiway.backends.onnxruntime.operations import OnnxOperations
from taxiway.backends.onnxruntime.providers import Provider

QUIET = 3
"""Errors only: what a provider leaves to the processor is no matter for the terminal."""


class OnnxNetwork:
    """A graph for a provider and a number of threads, compiled when first called in a mode."""

    def __init__(self, graph: Graph, provider: Provider, threads: int) -> None:
        self.graph, self.provider, self.threads = graph, provider, threads
        self.is_single = provider.device == "cpu" and is_large(graph)
        self.compiled: dict[tuple[Any, ...], Compiled] = {}

    def run(self, inputs: Inputs) -> Arrays:
        arrays = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
        words = {name: value for name, value in inputs.items() if isinstance(value, str)}
        key = tuple(sorted(words.items()))
        if key not in self.compiled:
            self.compiled[key] = Compiled(self.graph, words, self.provider, self.threads)
        compiled, count = self.compiled[key], len(next(iter(arrays.values())))
        if count == 1 or not self.is_single:
            return compiled.run(arrays)
        each = ({name: array[i : i + 1] for name, array in arrays.items()} for i in range(count))
        parts = list(map(compiled.run, each))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def options_for(threads: int) -> Any:
    """A session's options, for a number of threads that do not wait for work by spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = QUIET
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


class Compiled:
    """One form of a graph, for batches of any size."""

    def __init__(
        self, graph: Graph, words: Mapping[str, str], provider: Provider, threads: int
    ) -> None:
        assert graph.operations is not None
        ops = OnnxOperations()
        outputs = graph.operations(ops, **words)
        self.names, self.inputs, self.random = list(outputs), ops.inputs, ops.random
        self.session = provider.session(ops.file(outputs), options_for(threads))
        self.rng = np.random.default_rng()

    def run(self, arrays: Mapping[str, npt.NDArray[Any]]) -> Arrays:
        count = len(next(iter(arrays.values())))
        given = {}
        for name, (_, sides) in self.inputs.items():
            shape = [side if isinstance(side, int) else count for side in sides]
            if name in self.random:
                given[name] = self.rng.standard_normal(shape, np.float32)
            else:  # labels that are not given: no class
                given[name] = arrays[name] if name in arrays else np.zeros(shape, np.float32)
        return dict(zip(self.names, self.session.run(self.names, given), strict=True))
