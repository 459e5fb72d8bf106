"""An ONNX file of somebody else's as OpenVINO runs it."""

from pathlib import Path
from typing import Any

import numpy as np

from taxiway.backends import Arrays, Inputs
from taxiway.backends.openvino.network import core, settings_for

FORMS = 3
"""Sizes of inputs for which a network that takes any is compiled; others run slower."""


class FileNetwork:
    """A file in a precision, for a number of threads; arrays under its own names in and out."""

    def __init__(self, path: Path, precision: str, threads: int) -> None:
        self.model, self.settings = core().read_model(path), settings_for(precision, threads)
        self.names = [name for each in self.model.outputs for name in each.get_names()]
        self.requests: dict[tuple[Any, ...], Any] = {}

    def run(self, inputs: Inputs) -> Arrays:
        request = self.request({name: array.shape for name, array in inputs.items()})
        request.infer(dict(inputs), share_inputs=True)
        return {name: np.array(request.get_tensor(name).data) for name in self.names}

    def request(self, shapes: dict[str, tuple[int, ...]]) -> Any:
        """What computes inputs of these shapes, or of any."""
        key = tuple(sorted(shapes.items())) if self.model.is_dynamic() else ()
        if key not in self.requests and len(self.requests) >= FORMS:
            key = ()
        if key not in self.requests:
            model = self.model.clone() if key else self.model
            if key:
                model.reshape(shapes)
            compiled = core().compile_model(model, "CPU", self.settings)
            self.requests[key] = compiled.create_infer_request()
        return self.requests[key]
