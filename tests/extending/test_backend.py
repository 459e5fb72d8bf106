"""The backend of docs/extending.md, as a package of somebody else's."""

from pathlib import Path

import numpy as np
import pytest

import stranger
from paths import FIXTURES
from taxiway.backends import offered
from taxiway.checkpoint import read_checkpoint
from taxiway.choosing import choose
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.model import StyleGAN
from taxiway.families.stylegan.networks.graphs import graphs_of

NAME = "stylegan2-ada_32"


def test_it_is_tried_beside_ours_and_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A backend"), monkeypatch)
    _, mapping = graphs_of(read_checkpoint(FIXTURES / f"{NAME}.pkl"))
    _, choice = choose([mapping], seconds=2, thorough=True)
    assert {"numpy", "torch"} <= {setting.backend for setting in choice.milliseconds}
    expected = np.load(FIXTURES / f"{NAME}.npz")
    network = offered()[0]["numpy"].compile(mapping, "float32", 1)
    w = network.run({"z": expected["z"].astype(np.float32)})["w"]
    np.testing.assert_allclose(w, expected["w"][:, 0], atol=1e-4)


def test_what_it_does_not_know_is_left_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A backend"), monkeypatch)
    model = StyleGAN()
    checkpoint = str(FIXTURES / f"{NAME}.pkl")
    model.setup("cpu", {"checkpoint": checkpoint, "precision": "float32"})
    assert model.facts["backend"] != "numpy"
    assert "numpy does not know" in model.facts["left_out"]["numpy"]
    with pytest.raises(InvalidArgument, match="numpy computes on the CPU only"):
        choose(graphs_of(read_checkpoint(checkpoint)), "mps")


def test_a_broken_one_is_a_sentence_and_ours_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = {"taxiway.backends: sparks": "sparks:Sparks"}
    stranger.install(tmp_path, {"sparks.py": "import nothing_there\n"}, points, monkeypatch)
    usable, reasons = offered("cpu")
    assert "torch" in usable
    assert "sparks" not in usable
    assert "nothing_there" in reasons["sparks"]


def test_one_that_breaks_while_it_compiles_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, points = stranger.from_docs("A backend")
    (name,) = (name for name in files if "def compile" in files[name])
    begins = files[name].index("def compile")
    body = files[name].index(":\n", begins) + 2
    broken = f"{files[name][:body]}        raise RuntimeError('no sparks')\n{files[name][body:]}"
    stranger.install(tmp_path, {**files, name: broken}, points, monkeypatch)
    _, mapping = graphs_of(read_checkpoint(FIXTURES / f"{NAME}.pkl"))
    left_out = choose([mapping], seconds=2, thorough=True)[1].left_out
    line = broken[: broken.index("raise RuntimeError")].count("\n") + 1
    assert left_out["numpy"].startswith("numpy failed: RuntimeError: no sparks (")
    assert left_out["numpy"].endswith(f"{name}, line {line}).")
