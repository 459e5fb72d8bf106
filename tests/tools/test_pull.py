"""Fetching a model as a job: agreed to, reported, stopped, gone on with."""

from pathlib import Path

import pytest

from catalog.store.conftest import WEIGHTS, described
from catalog.store.fake_hub import COMMIT, serving
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.tool import QuietJob, Stopped
from taxiway.tools.pull import Pull

SOURCE = f"hf://org/repo@{COMMIT}/model.onnx"


def test_a_model_is_fetched_by_the_name_of_its_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    known = tmp_path / "store" / "manifests" / "mine.toml"
    known.parent.mkdir(parents=True)
    known.write_bytes(described("mine", ("model.onnx", SOURCE, None))[1])
    job, inputs = QuietJob(tmp_path), {"name": "mine", "licence": "CC0-1.0"}
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repositories["org/repo"] = {"model.onnx": WEIGHTS}
        with pytest.raises(InvalidArgument, match="is under CC0-1.0: give that as licence"):
            Pull().run(None, {**inputs, "licence": "MIT"}, job)
        with pytest.raises(NotFound, match="No model named 'https://evil' can be fetched"):
            Pull().run(None, {**inputs, "name": "https://evil"}, job)
        assert hub.asked == []
        with pytest.raises(Stopped):
            Pull().run(None, inputs, QuietJob(tmp_path, stop_after=0.01))
        said = Pull().run(None, inputs, job)["summary"]
    assert said.startswith("mine is here, 0.1 MB. The SHA-256 of model.onnx was not known;")
