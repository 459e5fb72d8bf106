"""onnxruntime on the processor: what it does and says; the numbers are tested with the others."""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from taxiway.backends import Graph, Unsupported
from taxiway.backends.onnxruntime import OnnxRuntimeBackend


def halved(ops: Any) -> Any:
    return {"image": ops.levels(ops.mul(ops.input("x", (1, 2, 2)), ops.const(0.5)))}


X = np.linspace(-1, 1, 4, dtype=np.float32).reshape(1, 1, 2, 2)
HALF = Graph("half", {}, {}, {"x": X}, operations=halved)


def test_it_computes_what_a_graph_says() -> None:
    backend = OnnxRuntimeBackend()
    assert backend.available() is None
    network = backend.compile(HALF, "float32", 1)
    image = network.run({"x": np.concatenate([X, -X])})["image"]
    assert image.shape == (2, 2, 2, 1)
    assert image.flatten().tolist() == [64, 106, 149, 191, 191, 149, 106, 64]


def test_what_it_cannot_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = OnnxRuntimeBackend("cpu")
    with pytest.raises(Unsupported, match="does not know how to compute a 'half' yet"):
        backend.compile(replace(HALF, operations=None), "float32", 1)
    with pytest.raises(Unsupported, match="does not compute in bfloat16 here"):
        backend.compile(HALF, "bfloat16", 1)
    assert "'cuda' was asked for" in (OnnxRuntimeBackend("cuda").available() or "")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    missing = OnnxRuntimeBackend().available() or ""
    assert missing.startswith("onnxruntime is missing: ")
    assert missing.endswith("taxiway install onnx.")
