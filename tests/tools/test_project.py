"""The tool that projects: its files, its pictures, and going on after a stop."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from taxiway.cli import main
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import read_metadata
from taxiway.core.tool import QuietJob, Stopped
from taxiway.discovery.album import read_picture
from taxiway.discovery.files import read_latents
from taxiway.discovery.instrument import Instrument
from taxiway.discovery.perceptual import Perceptual
from taxiway.discovery.pti import read_difference
from taxiway.networks.generator import Generator
from taxiway.networks.stylegan2 import new_stylegan2
from taxiway.tools.project import STATE, Project


def tiny() -> Generator:
    torch.manual_seed(0)
    g = new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16)
    return g.eval().requires_grad_(False)


def picture() -> np.ndarray:
    ramp = np.linspace(0, 255, 40).astype(np.uint8)
    return np.stack(np.broadcast_arrays(ramp[None], ramp[:30, None], np.uint8(90)), axis=2)


def run(folder: Path, stop_after: float | None = None, **inputs: object) -> dict:
    folder.mkdir(exist_ok=True)
    tool = Project()
    wire = {"picture": picture(), "steps": 25, "film": False, **inputs}
    return tool.run(tiny(), tool.command.decode(wire), QuietJob(folder, stop_after))


def test_it_writes_what_nvidias_projector_does_and_a_sheet(tmp_path: Path) -> None:
    outputs = run(tmp_path, space="w+")
    with np.load(tmp_path / "projected_w.npz", allow_pickle=False) as file:
        w = file["w"]
    assert w.shape == (1, 6, 16)
    assert w.dtype == np.float32
    made = Instrument(tiny()).images(w)[0]
    np.testing.assert_array_equal(made, outputs["image"])
    np.testing.assert_array_equal(read_picture(tmp_path / "proj.png"), made)
    assert read_picture(tmp_path / "target.png").shape == (16, 16, 3)
    assert len(read_picture(tmp_path / "sheet.png")) > 128
    assert outputs["psnr"] >= outputs["psnr_start"]
    assert outputs["psnr_tuned"] is None


def test_the_picture_carries_its_w(tmp_path: Path) -> None:
    run(tmp_path)
    told = read_metadata((tmp_path / "proj.png").read_bytes())
    [latent] = read_latents(tmp_path / "projected_w.npz", Instrument(tiny()).shape)
    assert told is not None
    np.testing.assert_array_equal(np.float32(told["w"]), latent.numbers)
    assert latent.space == "w"


def test_a_stopped_call_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    with pytest.raises(Stopped):
        run(tmp_path / "parts", stop_after=8)
    assert (tmp_path / "parts" / STATE).is_file()
    with pytest.raises(Stopped):
        run(tmp_path / "parts", stop_after=17)
    parts = run(tmp_path / "parts")
    np.testing.assert_array_equal(parts["image"], whole["image"])
    w = [(tmp_path / name / "projected_w.npz").read_bytes() for name in ("whole", "parts")]
    assert w[0] == w[1]


@pytest.mark.parametrize("change", [{"space": "w+"}, {"crop": "squash"}, {"steps": 26}])
def test_another_call_begins_anew(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(Stopped):
        run(tmp_path, stop_after=8)
    (tmp_path / "new").mkdir()
    changed, new = run(tmp_path, **change), run(tmp_path / "new", **change)
    np.testing.assert_array_equal(changed["image"], new["image"])


def test_a_broken_state_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(b"PK broken")
    run(tmp_path, steps=2)


def test_tuning_comes_nearer_and_can_be_loaded_again(tmp_path: Path) -> None:
    outputs = run(tmp_path, steps=5, tune=20)
    assert outputs["psnr_tuned"] > outputs["psnr"]
    tuned = Instrument(read_difference(tmp_path / "tuned.npz", tiny()))
    with np.load(tmp_path / "projected_w.npz", allow_pickle=False) as file:
        image = tuned.images(file["w"])[0].astype(int)
    difference = np.abs(image - read_picture(tmp_path / "tuned.png"))
    assert difference.max() <= 2  # float16 rounds


def test_the_descent_is_filmed(tmp_path: Path) -> None:
    run(tmp_path, film=True)
    [film] = tmp_path.glob("descent.*")
    assert film.stat().st_size > 1000


def test_a_box_that_is_none_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="inside the picture of 40 x 30"):
        run(tmp_path, box="0,0,50,10")
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_how_near_it_came(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "ramp.png")
    words = "project rainbow ramp.png --out found --steps 2 --no-film"
    done = subprocess.run(
        [sys.executable, "-m", "taxiway", *words.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "projected_w.npz:" in done.stdout
    assert "dB" in done.stdout


def test_what_is_perceived_counts_and_is_part_of_the_state(tmp_path: Path) -> None:
    torch.manual_seed(0)
    see = Perceptual().eval().requires_grad_(False)
    values = Project().command.decode({"picture": picture(), "steps": 6, "film": False})
    for name, tool in (("plain", Project()), ("seen", Project(see)), ("parts", Project(see))):
        (tmp_path / name).mkdir()
        if name == "parts":
            with pytest.raises(Stopped):
                Project().run(tiny(), values, QuietJob(tmp_path / name, 3))
        tool.run(tiny(), {**values, "tune": 2}, QuietJob(tmp_path / name))
    plain, seen, parts = (
        (tmp_path / name / "projected_w.npz").read_bytes() for name in ("plain", "seen", "parts")
    )
    assert plain != seen == parts


def test_weights_for_comparing_are_refused_if_they_are_none(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "ramp.png")
    words = ["project", "rainbow", str(tmp_path / "ramp.png"), "--out", str(tmp_path / "out")]
    (tmp_path / "vgg.pth").write_text("no weights")
    for more in (["--perceptual", str(tmp_path / "vgg.pth")], ["--lpips", "vgg.pth"]):
        assert main([*words, *more]) == 1
    assert not (tmp_path / "out").exists()
