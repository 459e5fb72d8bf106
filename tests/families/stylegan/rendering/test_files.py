"""Torch's files without unpickling, and the words of a command line."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pickles import Call, Name, Writer
from taxiway.checkpoint.native import write_tensors
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.rendering.files import (
    latents_in,
    read_arrays,
    read_latents,
    write_latent,
)
from taxiway.latent.space import Latent, Shape

SHAPE = Shape(z_dim=8, w_dim=8, num_ws=4)
ROWS = torch.arange(32, dtype=torch.float32).reshape(4, 8)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("content", "spaces"),
    [
        (ROWS[None], ["w+"]),
        (ROWS[0], ["w"]),
        (ROWS[:2], ["w", "w"]),
        ({"w_pivot": ROWS}, ["w+"]),
        ({"w": ROWS[None], "step": 3}, ["w+"]),
        ({"photo.png": {"img": torch.zeros(3, 4, 4), "latent": ROWS[1]}}, ["w"]),
        ([ROWS.half()], ["w+"]),
        (torch.nn.Parameter(ROWS[None]), ["w+"]),
        ({"a.png": {"latent": ROWS[1]}, "b.png": {"latent": ROWS[2]}}, ["w", "w"]),
        ({"a.png": ROWS, "b.png": ROWS}, ["w+", "w+"]),
        ([ROWS[0], ROWS[1], ROWS[2]], ["w", "w", "w"]),
        (ROWS[:2].bfloat16(), ["w", "w"]),
    ],
)
def test_what_torch_saved_is_read(
    content: Any, spaces: list[str], stream: bool, tmp_path: Path
) -> None:
    path = tmp_path / "pivot.pt"
    torch.save(content, path, _use_new_zipfile_serialization=not stream)
    assert [latent.space for latent in read_latents(path, SHAPE)] == spaces


@pytest.mark.parametrize("name", ["pivot", "pivot.bin", "pivot.safetensors", "pivot.pkl"])
def test_files_are_told_by_what_is_in_them(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    match path.suffix:
        case ".safetensors":
            write_tensors(path, {"w": ROWS.numpy()}, "float32", {})
        case ".pkl":
            path.write_bytes(pickle.dumps({"w": ROWS[None].numpy()}))
        case _:
            torch.save(ROWS, path)
    [found] = read_latents(path, SHAPE)
    np.testing.assert_array_equal(found.numbers, ROWS.numpy())


def test_torch_reads_what_is_written(tmp_path: Path) -> None:
    latent = Latent(space="w+", numbers=ROWS.numpy())
    write_latent(tmp_path / "a.pt", latent)
    loaded = torch.load(tmp_path / "a.pt", weights_only=True)
    torch.testing.assert_close(loaded, ROWS[None], rtol=0, atol=0)
    [back] = read_latents(tmp_path / "a.pt", SHAPE)
    np.testing.assert_array_equal(back.numbers, ROWS.numpy())
    write_latent(tmp_path / "a.npz", latent)
    assert "w" in read_arrays(tmp_path / "a.npz")


def test_code_in_a_torch_file_is_refused_and_not_run(tmp_path: Path) -> None:
    stream = Writer(2).dump(Call(Name("os.mkdir"), (str(tmp_path / "ran"),)))
    whole = io.BytesIO()
    torch.save(ROWS, whole)
    for name, data in {"a.pt": stream, "b.pt": whole.getvalue()[:-40], "c.pt": b"x"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidArgument, match=name) as caught:
            read_latents(tmp_path / name, SHAPE)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_words_are_seeds_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for name in ("b.npz", "a.npy", "c.json"):
        write_latent(folder / name, Latent(space="w", numbers=ROWS[0].numpy()))
    (folder / "c.png").write_bytes(b"never opened: the numbers are in c.json")
    (folder / "notes.txt").write_text("no latent")
    found = latents_in(["3-4", folder, folder / "b.npz"], SHAPE)
    assert [latent.name for latent in found] == ["seed0003", "seed0004", "a", "b", "c", "b"]
    with pytest.raises(InvalidArgument, match="no .npy, .npz or .pt"):
        read_arrays(folder / "notes.txt")
