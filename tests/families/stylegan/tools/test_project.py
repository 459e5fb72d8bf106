"""The tool that projects: its files, its pictures, and going on after a stop."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from command_line import taxiway
from taxiway.checkpoint import Checkpoint, write_checkpoint
from taxiway.cli import main
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import read_metadata
from taxiway.core.tool import QuietJob, Stopped
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.projection import descent
from taxiway.families.stylegan.projection.descent import STATE, TUNING
from taxiway.families.stylegan.projection.pti import read_difference
from taxiway.families.stylegan.rendering.files import read_latents
from taxiway.families.stylegan.rendering.image_folder import read_picture
from taxiway.families.stylegan.rendering.renderer import TorchRenderer
from taxiway.families.stylegan.tools.project import Project
from taxiway.training.perceptual import Perceptual


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
    return tool.run(TorchRenderer(tiny()), tool.command.decode(wire), QuietJob(folder, stop_after))


def test_it_writes_what_nvidias_projector_does_and_a_sheet(tmp_path: Path) -> None:
    outputs = run(tmp_path, space="w+")
    with np.load(tmp_path / "projected_w.npz", allow_pickle=False) as file:
        w = file["w"]
    assert w.shape == (1, 6, 16)
    assert w.dtype == np.float32
    made = TorchRenderer(tiny()).images(w)[0]
    np.testing.assert_array_equal(made, outputs["image"])
    np.testing.assert_array_equal(read_picture(tmp_path / "proj.png"), made)
    assert read_picture(tmp_path / "target.png").shape == (16, 16, 3)
    assert len(read_picture(tmp_path / "sheet.png")) > 128
    assert outputs["psnr"] >= outputs["psnr_start"]
    assert outputs["psnr_tuned"] is None


def test_the_picture_carries_its_w(tmp_path: Path) -> None:
    run(tmp_path)
    told = read_metadata((tmp_path / "proj.png").read_bytes())
    [latent] = read_latents(tmp_path / "projected_w.npz", TorchRenderer(tiny()).shape)
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
    tuned = TorchRenderer(read_difference(tmp_path / "tuned.npz", tiny()))
    with np.load(tmp_path / "projected_w.npz", allow_pickle=False) as file:
        image = tuned.images(file["w"])[0].astype(int)
    difference = np.abs(image - read_picture(tmp_path / "tuned.png"))
    assert difference.max() <= 2  # float16 rounds


def test_tuning_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", steps=3, tune=12)
    for stop in (5, 9, 14):
        with pytest.raises(Stopped):
            run(tmp_path / "parts", stop_after=stop, steps=3, tune=12)
        assert (tmp_path / "parts" / TUNING).is_file()
    parts = run(tmp_path / "parts", steps=3, tune=12)
    assert parts["psnr_tuned"] == whole["psnr_tuned"]
    files = [(tmp_path / name / "tuned.npz").read_bytes() for name in ("whole", "parts")]
    assert files[0] == files[1]
    assert not (tmp_path / "parts" / TUNING).exists()


@pytest.mark.parametrize("change", ["broken", "other"])
def test_tuning_that_cannot_be_gone_on_with_begins_anew(tmp_path: Path, change: str) -> None:
    with pytest.raises(Stopped):
        run(tmp_path / "parts", stop_after=6, steps=3, tune=5 if change == "broken" else 9)
    if change == "broken":
        (tmp_path / "parts" / TUNING).write_bytes(b"PK broken")
    run(tmp_path / "parts", steps=3, tune=5)
    run(tmp_path / "new", steps=3, tune=5)
    files = [(tmp_path / name / "tuned.npz").read_bytes() for name in ("new", "parts")]
    assert files[0] == files[1]


def test_a_tuned_model_is_made_a_model_of_its_own(tmp_path: Path) -> None:
    g = tiny()
    tensors = {name: value.numpy() for name, value in g.state_dict().items()}
    model, out = tmp_path / "model.safetensors", tmp_path / "tuned.safetensors"
    write_checkpoint(model, Checkpoint(g.family, g.config, tensors, {}))
    Image.fromarray(picture()).save(tmp_path / "ramp.png")
    found = tmp_path / "found"
    words = ["--steps", "2", "--tune", "9", "--no-film", "--out", str(found)]
    assert main(["project", str(model), str(tmp_path / "ramp.png"), *words]) == 0
    assert main(["convert", str(model), str(out), "--tuned", str(found / "tuned.npz")]) == 0
    words = ["--latents", str(found / "projected_w.npz"), "--out", str(tmp_path / "again")]
    assert main(["generate", str(out), *words, "--device", "cpu"]) == 0
    [again] = (tmp_path / "again").glob("*.png")
    difference = read_picture(again).astype(int) - read_picture(found / "tuned.png")
    assert np.abs(difference).max() <= 2  # float16 rounds
    assert main(["convert", str(out), str(model), "--tuned", str(found / "tuned.npz")]) == 1


def test_the_descent_is_filmed(tmp_path: Path) -> None:
    run(tmp_path, film=True)
    [film] = tmp_path.glob("descent.*")
    assert film.stat().st_size > 1000


def test_a_box_that_is_none_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="inside the picture of 40 x 30"):
        run(tmp_path, box="0,0,50,10")
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_how_near_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "Search", partial(descent.Search, candidates=20))
    Image.fromarray(picture()).save(tmp_path / "ramp.png")
    words = "project rainbow ramp.png --out found --steps 2 --no-film"
    done = taxiway(*words.split(), cwd=tmp_path)
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
                Project().run(TorchRenderer(tiny()), values, QuietJob(tmp_path / name, 3))
        tool.run(TorchRenderer(tiny()), {**values, "tune": 2}, QuietJob(tmp_path / name))
    plain, seen, parts = (
        (tmp_path / name / "projected_w.npz").read_bytes() for name in ("plain", "seen", "parts")
    )
    assert plain != seen == parts


def test_weights_for_comparing_are_refused_if_they_are_none(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "ramp.png")
    words = ["project", "rainbow", str(tmp_path / "ramp.png"), "--out", str(tmp_path / "out")]
    (tmp_path / "vgg.pth").write_text("no weights")
    for more in (
        ["--perceptual", str(tmp_path / "vgg.pth")],
        ["--lpips", str(tmp_path / "vgg.pth")],
    ):
        assert main([*words, *more]) == 1
    assert not (tmp_path / "out").exists()
