"""A model as a site: which files, how large, and over what it is never written."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from players import small_renderer
from taxiway.catalog import catalog
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import guarding
from taxiway.core.model import ModelSpec
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.tools.export import Export, Exported, card_of
from taxiway.families.stylegan.website import website

NAME = "stylegan2-ada_32"


def export(folder: Path, **inputs: Any) -> Any:
    folder.mkdir(exist_ok=True)
    card = catalog.choose(None, FIXTURES / f"{NAME}.pkl")
    steps = {"warmer": np.ones((8, 64), np.float32)}
    model = Exported(small_renderer(), card, steps)
    with guarding(folder):
        return Export().run(model, Export.command.decode(inputs), QuietJob(folder))


def test_a_site_has_the_page_the_engine_the_model_and_its_presets(tmp_path: Path) -> None:
    told = export(tmp_path / "site", presets="3,8", zip=True)
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    names = {path.relative_to(tmp_path / "site").as_posix() for path in files}
    assert {"index.html", "taxiway.js", "engine/kernels.wasm", "presets/1.jpg"} <= names
    assert not any(name.endswith((".wat", "jsconfig.json")) for name in names)
    with zipfile.ZipFile(tmp_path / "site" / told["zip"]) as archive:
        assert set(archive.namelist()) == names - {told["zip"], ".taxiway"}
        assert told["files"] == len(archive.namelist())
    about = json.loads((tmp_path / "site" / "model.json").read_bytes())
    assert about["bytes"] == (tmp_path / "site" / "model.bin").stat().st_size
    assert [each["name"] for each in about["presets"]] == ["seed0003", "seed0008"]
    assert [each["name"] for each in about["directions"]] == ["warmer"]
    kept = (tmp_path / "site" / "sw.js").read_text()
    assert all(f'"{name}"' in kept for name in names - {told["zip"], "sw.js", ".taxiway"})


def test_what_others_made_is_not_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "index.html").write_text("mine")
    with pytest.raises(InvalidArgument, match="was there before, so it is kept"):
        export(folder)
    assert (folder / "index.html").read_text() == "mine"
    assert [path.name for path in folder.iterdir()] == ["index.html"]


def test_words_of_a_card_stay_words() -> None:
    card = catalog.choose(None, FIXTURES / f"{NAME}.pkl")
    card.title = "<script>alert(1)</script>"
    picture = np.zeros((4, 4, 1), np.uint8)
    page = website(small_renderer().checkpoint, card, {}, [], picture)["index.html"].decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_default_model_fits_twelve_megabytes() -> None:
    card = catalog.card("rainbow")
    spec = catalog.spec(card)

    files = website(
        read_checkpoint(spec.options["checkpoint"]), card, {}, [], np.zeros((8, 8, 3), np.uint8)
    )
    assert sum(map(len, files.values())) < 12e6


def test_only_a_stylegan_is_taken_and_few_presets(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'painter' is no StyleGAN"):
        Export().open(ModelSpec(name="painter", family="painter"))
    with pytest.raises(InvalidArgument, match="up to 48 presets, got 49"):
        export(tmp_path, presets="1-49")
    own = ModelSpec(name="x", family="stylegan",
                    options={"checkpoint": str(FIXTURES / f"{NAME}.pkl")})  # fmt: skip
    assert card_of(own).name == NAME
