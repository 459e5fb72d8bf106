"""Dials: they change other pictures as they changed those that they were measured on."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.core.datatypes import Number
from taxiway.families.stylegan.directions import played_dials
from taxiway.families.stylegan.directions.dials import COUNT, END, TIMES, glances
from taxiway.families.stylegan.directions.played_dials import SmallPictures
from taxiway.families.stylegan.model import StyleGAN
from taxiway.families.stylegan.rendering.sampling import sample_w

RAINBOW = str(catalog.HERE / "weights" / "rainbow.safetensors")
SMALL = str(FIXTURES / "stylegan2-ada_32.pkl")
SEVERAL = str(FIXTURES / "stylegan2-ada_32_z512.pkl")
OTHERS = 4


def opened(file: str) -> StyleGAN:
    model = StyleGAN()
    model.setup("cpu", {"checkpoint": file, "precision": "auto"})
    return model


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(played_dials, "data_path", lambda: tmp_path)
    return tmp_path


@cache
def rainbow() -> StyleGAN:
    model = opened(RAINBOW)
    assert list(model.spare_work())[-1] is True
    return model


def dials_of(model: StyleGAN) -> dict[str, Number]:
    inputs = model.commands["generate"].inputs
    return {n: f for n, f in inputs.items() if n.startswith("dial_") and isinstance(f, Number)}


@pytest.mark.slow
def test_on_other_pictures_they_change_twice_what_random_ones_do_and_all_alike() -> None:
    model = rainbow()
    dials, renderer = dials_of(model), model.renderer
    assert list(dials) == [f"dial_{n}" for n in range(1, COUNT + 1)]
    bases = renderer.truncated(sample_w(renderer, OTHERS, 99), 0.8)
    small = SmallPictures(model._dials._checkpoint, model._dials._choice)

    def change(step: Any) -> float:
        seen = [glances(small(bases + np.float32(sign) * step)) for sign in (1, -1)]
        off = np.concatenate(seen) - np.concatenate([glances(small(bases))] * 2)
        return float(np.sqrt(np.square(off).mean(axis=(1, 2, 3))).mean())

    times, ends, random = [], [], np.random.default_rng(5)
    for name in dials:
        step = renderer.directions[name]
        ends.append(change(END * step))
        vectors = random.standard_normal((3, OTHERS, 1, renderer.w_dim)).astype(np.float32)
        vectors *= np.linalg.norm(step[0]) / np.linalg.norm(vectors, axis=3, keepdims=True)
        times.append(change(step) / np.mean([change(each) for each in vectors]))
    assert min(times) > 0.9 * TIMES
    assert np.median(times) > 1.3 * TIMES
    assert max(ends) < 1.5 * min(ends)


def test_they_are_inputs_with_a_strip_of_pictures_each() -> None:
    model = opened(SEVERAL)
    assert list(model.spare_work())[-1] is True
    assert len(dials_of(model)) > 2
    assert list(model.facts["strips"]) == list(dials_of(model))
    assert all(
        strip.startswith("data:image/jpeg;base64,") for strip in model.facts["strips"].values()
    )
    command = model.commands["generate"]
    call = {"seed": 3, "noise_mode": "const"}
    still, moved = (
        model.predict("generate", [command.decode(each)])[0]["image"].astype(int)
        for each in (call, {**call, "dial_1": END})
    )
    assert np.abs(still - moved).mean() > 1
    assert list(command.inputs)[-1] == "format"


def test_they_are_measured_once_for_a_checkpoint(own_folder: Path) -> None:
    first = opened(SMALL)
    assert list(dials_of(first)) == []
    steps = list(first.spare_work())
    assert steps.count(True) == 1
    [file] = (own_folder / "dials").iterdir()
    again = opened(SMALL)
    assert dials_of(again) == dials_of(first)
    assert again.facts["strips"] == first.facts["strips"]
    assert not any(again.spare_work())
    found = json.loads(file.read_text())
    if len(found["found"]) < COUNT:
        assert (
            f"{len(found['found'])} of {found['measured']}" in again.facts["group_notes"]["Dials"]
        )


@pytest.mark.parametrize("text", ["", "[]", '{"found": [], "measured": 1, "version": 0}', "\0" * 9])
def test_a_file_that_is_none_of_ours_is_measured_anew(own_folder: Path, text: str) -> None:
    folder = own_folder / "dials"
    folder.mkdir()
    sha256 = opened(SMALL)._dials._checkpoint.source["sha256"]
    (folder / f"{sha256}.json").write_text(text)
    model = opened(SMALL)
    assert list(model.spare_work())[-1] is True


@pytest.mark.parametrize(
    "name",
    [
        "projected-gan_fastgan-lite_128",
        pytest.param("stylegan3-t_32", marks=pytest.mark.slow),
        "stylegan1_64",
    ],
)
def test_other_families_have_them_if_they_have_w(name: str) -> None:
    model = opened(str(FIXTURES / f"{name}.pkl"))
    assert any(model.spare_work()) == bool(model.renderer.num_ws)
