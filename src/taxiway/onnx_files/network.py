"""An ONNX file computed as it is fastest here: on OpenVINO, onnxruntime, or a GPU that it finds."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Graph, Network, Unsupported
from taxiway.choosing import answers_here, choose
from taxiway.core import slots
from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.onnx_files.reading import OnnxFile

Arrays = dict[str, npt.NDArray[Any]]


def opened(
    file: OnnxFile, example: Mapping[str, npt.NDArray[Any]], device: str, precision: str
) -> tuple[Network, dict[str, Any]]:
    """The network, and what was chosen for it as a model's facts. Raises TaxiwayError."""
    graph = Graph(
        "onnx", {}, {}, example, trial=example, key=digest(file), file=file.path,
    )  # fmt: skip
    try:
        [network], choice = choose(
            [graph], device, precision, among=readers(), answers=answers_here()
        )
    except Unsupported as error:
        raise ModelFailed(f"Nothing here computes '{file.path.name}': {error}") from None
    return network, choice.facts


def readers() -> list[str]:
    """The backends that compute files of others; PyTorch, which takes seconds to load, does not."""
    there = slots.members("backends")
    return [name for name in there if getattr(loaded(name), "computes_files", False)]


def loaded(name: str) -> Any:
    """A backend's class, None where it cannot be used."""
    try:
        return slots.load("backends", name)
    except TaxiwayError:  # one that is broken hurts no other
        return None


def digest(file: OnnxFile) -> str:
    """The SHA-256 of all its bytes, those beside it included."""
    found = hashlib.sha256()
    for path in (file.path, *(file.path.parent / name for name in sorted(file.beside))):
        with path.open("rb") as opened_file:
            found.update(hashlib.file_digest(opened_file, "sha256").digest())
    return found.hexdigest()


def run(network: Network, tensors: Mapping[str, npt.NDArray[Any]]) -> Arrays:
    """One call. Raises ModelFailed in a sentence, whatever the library has to say."""
    try:
        found = network.run(tensors)
    except TaxiwayError:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = (lines or [type(error).__name__])[-1].rstrip(".")
        raise ModelFailed(f"The network failed: {said[:300]}.") from None
    return {name: np.asarray(array) for name, array in found.items()}
