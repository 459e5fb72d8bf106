"""The family from end to end: files, manifests, queries."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import networks
from taxiway.catalog import catalog
from taxiway.core.model import decode_options
from taxiway.families.onnx.model import OnnxFamily

PHOTO = np.random.default_rng(1).integers(0, 255, (40, 56, 3), np.uint8)


def started(path: Path, **options: Any) -> OnnxFamily:
    card = catalog.choose(str(path))
    given = {**catalog.spec(card).options, **options}
    model = OnnxFamily()
    model.setup("cpu", decode_options(card.name, OnnxFamily, given))
    return model


def ask(model: OnnxFamily, **wire: Any) -> Any:
    [command] = model.commands.values()
    [answer] = model.predict(command.name, [command.decode(wire)])
    if isinstance(answer, Exception):
        raise answer
    assert answer.keys() == command.outputs.keys()
    assert command.encode(answer, {}).keys() == command.outputs.keys()
    return answer


@pytest.fixture(autouse=True)
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))


def test_style_transfer_by_the_names_of_both_generations(tmp_path: Path) -> None:
    path = networks.write(tmp_path, "mosaic", networks.inverting(), networks.STYLE)
    model = started(path)
    assert list(model.commands) == ["stylize"]
    answer = ask(model, contentImage=PHOTO)
    np.testing.assert_array_equal(answer["output"], 255 - PHOTO)
    np.testing.assert_array_equal(answer["stylizedImage"], answer["output"])
    assert model.facts["device"] == "cpu"
    assert model.facts["backend"] in ("openvino", "onnxruntime")
