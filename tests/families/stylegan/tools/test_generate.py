"""Pictures of everything, that are made once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from players import small_renderer
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import encode_png, open_image, read_metadata
from taxiway.core.tool import QuietJob, Stopped
from taxiway.families.stylegan.rendering.files import read_latents
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.tools.generate import Generate, strengths, sweep
from taxiway.latent.space import Latent


def generate(
    folder: Path, player: Any = None, stop_after: float | None = None, **inputs: Any
) -> Any:
    folder.mkdir(exist_ok=True)
    values = Generate.command.decode(inputs)
    return Generate().run(player or small_renderer(), values, QuietJob(folder, stop_after))


def pixels(path: Path) -> np.ndarray[Any, Any]:
    return np.asarray(open_image(path.read_bytes(), path.name))


def test_every_latent_becomes_a_picture_that_carries_it(tmp_path: Path) -> None:
    answer = generate(tmp_path, latents="3,8", truncation=0.6, noise_mode="none")
    assert answer == {"files": ["seed0003.png", "seed0008.png"], "made": 2}
    told = json.loads((tmp_path / "seed0008.json").read_text())
    assert read_metadata((tmp_path / "seed0008.png").read_bytes()) == told
    assert (told["seed"], told["truncation"], told["noise_mode"]) == (8, 0.6, "none")
    player = small_renderer()
    expected = player.images(
        player.ws(player.z_of_seeds([8]), truncation=0.6), RenderOptions(noise_mode="none")
    )[0]
    np.testing.assert_array_equal(pixels(tmp_path / "seed0008.png"), expected)


def test_a_picture_dropped_back_in_is_the_same_picture(tmp_path: Path) -> None:
    generate(tmp_path, latents="3", truncation=0.6, save="npz")
    for suffix in ("png", "json", "npz"):
        again = read_latents(tmp_path / f"seed0003.{suffix}", small_renderer().shape)
        generate(tmp_path / suffix, latents=again)
        np.testing.assert_array_equal(
            pixels(tmp_path / suffix / "seed0003.png"), pixels(tmp_path / "seed0003.png")
        )


def test_a_picture_with_a_cutoff_or_a_centre_carries_its_w(tmp_path: Path) -> None:
    generate(tmp_path, latents="3", truncation=0.3, cutoff=2, centre="7")
    again = read_latents(tmp_path / "seed0003.png", small_renderer().shape)
    assert again[0].space == "w+"
    generate(tmp_path / "again", latents=again)
    np.testing.assert_array_equal(
        pixels(tmp_path / "again" / "seed0003.png"), pixels(tmp_path / "seed0003.png")
    )


def test_what_is_there_is_kept_and_what_differs_is_made_anew(tmp_path: Path) -> None:
    generate(tmp_path, latents="0-4")
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (tmp_path / "seed0001.png").unlink()
    whole = (tmp_path / "seed0002.png").read_bytes()
    (tmp_path / "seed0002.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "seed0003.json").write_text("{}")
    assert generate(tmp_path, latents="0-4")["made"] == 3
    kept = {path.name for path, stamp in stamps.items() if path.stat().st_mtime_ns == stamp}
    assert kept == {f"seed000{seed}.{kind}" for seed in (0, 4) for kind in ("png", "json")}
    assert generate(tmp_path, latents="0-4", truncation=0.5)["made"] == 5


def test_a_stopped_call_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        generate(tmp_path, latents="0-9", stop_after=4)
    assert len(list(tmp_path.glob("*.png"))) == 4
    assert generate(tmp_path, latents="0-9")["made"] == 6


def test_a_sweep_and_a_grid(tmp_path: Path) -> None:
    answer = generate(tmp_path, latents="1,2", sweep="0,0.5,1", grid="auto")
    assert answer["files"][:3] == [f"seed0001-psi{psi}.png" for psi in ("0.00", "0.50", "1.00")]
    grid = pixels(tmp_path / "grid.png")
    assert grid.shape == (64, 96, 3)
    np.testing.assert_array_equal(grid[32:, 64:], pixels(tmp_path / "seed0002-psi1.00.png"))
    np.testing.assert_array_equal(grid[:32, :32], grid[32:, :32])


def test_several_centres_pull_to_the_nearest(tmp_path: Path) -> None:
    player = small_renderer()
    w = player.w(player.z_of_seeds([1, 2]))
    generate(tmp_path, latents="1,2", truncation=0, centre=w)
    for seed, row in zip((1, 2), w, strict=True):
        np.testing.assert_array_equal(
            pixels(tmp_path / f"seed000{seed}.png"), player.images(row[None])[0]
        )


def test_latents_of_one_name_get_files_of_their_own(tmp_path: Path) -> None:
    player = small_renderer()
    rows = [{"w": w.tolist(), "seed": 3} for w in player.w(player.z_of_seeds([1, 2]))]
    answer = generate(tmp_path, latents=[*rows, rows[0]])
    assert answer["files"] == ["seed0003.png", "seed0003-2.png", "seed0003.png"]


def test_a_name_never_leaves_the_folder(tmp_path: Path) -> None:
    z = np.zeros(small_renderer().z_dim, np.float32)
    answer = generate(tmp_path, latents=Latent(space="z", numbers=z, source="/../x"))
    assert answer["files"] == ["_.._x.png"]


@pytest.mark.parametrize("name", ["photo.png", "photo.json", "photo.npz", "grid.png"])
def test_what_others_made_is_not_overwritten(name: str, tmp_path: Path) -> None:
    files = {
        "photo.json": b"[1, 2, 3]",
        "photo.npz": b"projected by another tool",
    }
    picture = encode_png(np.zeros((4, 4, 3), np.uint8))
    (tmp_path / name).write_bytes(files.get(name, picture))
    z = np.zeros(small_renderer().z_dim, np.float32)
    photo = Latent(space="z", numbers=z, source="photo")
    with pytest.raises(InvalidArgument, match=f"{name}' is not Taxiway's"):
        generate(tmp_path, latents=[1, photo], save="npz", grid="auto")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_classes_and_noise_by_layer(tmp_path: Path) -> None:
    labelled = small_renderer("stylegan2-ada_32_labels5_mapping8")
    answer = generate(tmp_path, labelled, latents="1", label=2)
    assert answer["files"] == ["seed0001-label2.png"]
    generate(tmp_path / "quiet", latents="1", noise_strength="0")
    generate(tmp_path / "none", latents="1", noise_mode="none")
    np.testing.assert_array_equal(
        pixels(tmp_path / "quiet" / "seed0001.png"), pixels(tmp_path / "none" / "seed0001.png")
    )


def test_the_painter_paints_at_any_size(tmp_path: Path) -> None:
    generate(tmp_path, PainterRenderer(), latents="3", size=48, save="npz")
    assert pixels(tmp_path / "seed0003.png").shape == (48, 48, 3)
    [back] = read_latents(tmp_path / "seed0003.npz", PainterRenderer().shape)
    assert back.space == "z"


def test_texts_of_sweeps_and_strengths_are_read() -> None:
    assert sweep("-1:1:5") == [-1, -0.5, 0, 0.5, 1]
    assert sweep("0.7") == [0.7]
    assert strengths("0.5", 3) == {0: 0.5, 1: 0.5, 2: 0.5}
    assert strengths("0-1:1 2:0.25", 3) == {0: 1.0, 1: 1.0, 2: 0.25}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"latents": "x"}, "Seeds are numbers"),
        ({"latents": "1", "sweep": "a"}, "'sweep' takes numbers, got 'a'"),
        ({"latents": "1", "sweep": "0:1:1"}, "'sweep' takes numbers"),
        ({"latents": "1", "sweep": "nan"}, "'sweep' takes numbers"),
        ({"latents": "1", "grid": "3x3"}, "'grid' takes auto or a number"),
        ({"latents": "1", "noise_strength": "9:1"}, "'noise_strength' takes all"),
        ({"latents": "1", "size": 64}, "Only the painter"),
        ({"latents": "1", "label": 2}, "no classes"),
        ({"latents": "1", "x": 0.5}, "Only a StyleGAN3"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    inputs: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        generate(tmp_path, **inputs)
    assert list(tmp_path.iterdir()) == []
