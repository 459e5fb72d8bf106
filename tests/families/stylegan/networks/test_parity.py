"""Every reference checkpoint gives the reference results, in the plain form and in the fast one."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate

CHECKPOINTS = sorted(path.name for path in FIXTURES.glob("*.p[kt]*") if "fastgan" not in path.name)
STYLEGAN3 = [name for name in CHECKPOINTS if name.startswith(("stylegan3-", "stylegan-xl"))]
FORMS: dict[str, Callable[[Generator], Generator]] = {"plain": lambda g: g, "fast": fast}
IMAGE = re.compile(r"(image|uint8)_psi([\d.]+)(?:_cutoff(\d+))?_noise_(const|none)")
"""A result of a reference: its kind, truncation, cutoff and noise."""


@cache
def generator(name: str, form: str) -> Generator:
    return FORMS[form](build_generator(read_checkpoint(FIXTURES / name)))


@cache
def reference(name: str) -> dict[str, Any]:
    """The results that belong to a checkpoint; conversions share those of their original."""
    stem = name.rsplit(".", 1)[0].removesuffix("_legacy-stream")
    if stem == "tensorflow-stylegan2_32":
        stem = "stylegan3repo-stylegan2_32"
    stem = "stylegan2-ada_32" if stem.startswith("container_") else stem
    return dict(np.load(FIXTURES / f"{stem}.npz"))


def mapped(g: Generator, expected: dict[str, Any]) -> Tensor:
    labels = torch.from_numpy(expected["c"]) if "c" in expected else None
    return g.mapping(torch.from_numpy(expected["z"]), labels)


def centre(g: Generator, expected: dict[str, Any]) -> Tensor:
    """Where truncation goes to: the average w, or each picture's class's own [N, 1, w_dim]."""
    if g.class_centres is None:
        return g.w_avg
    return torch.from_numpy(expected["c"] @ g.class_centres)[:, None]


def test_there_is_a_reference_for_every_format() -> None:
    assert len(CHECKPOINTS) == 25


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CHECKPOINTS)
@torch.inference_mode()
def test_w_agrees_with_the_reference(name: str, form: str) -> None:
    g, expected = generator(name, form), reference(name)
    w = mapped(g, expected)
    for key, psi, cutoff in [("w", 1, None), ("w_psi0.7", 0.7, None), ("w_psi0.5_cutoff3", 0.5, 3)]:
        if key in expected:
            ws = truncate(w, centre(g, expected), psi, cutoff, g.num_ws)
            wanted = torch.from_numpy(expected[key])
            wanted = wanted if wanted.ndim == 3 else wanted[:, None].expand_as(ws)
            # The references carry rounding of their own: float64 is up to 3e-7 x max|w| from them.
            assert (ws - wanted).abs().max() <= 1e-6 * wanted.abs().max()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CHECKPOINTS)
@torch.inference_mode()
def test_images_agree_with_the_reference(name: str, form: str) -> None:
    g, expected = generator(name, form), reference(name)
    w = mapped(g, expected)
    compared = 0
    for key in expected:
        match = IMAGE.fullmatch(key)
        if match and match[1] == "image":
            ws = truncate(
                w, centre(g, expected), float(match[2]), match[3] and int(match[3]), g.num_ws
            )
            assert_close(thinned(name, g.synthesis(ws, match[4])), expected[key])
            compared += 1
    assert compared


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "name", [name for name in CHECKPOINTS if name.startswith(("stylegan3-", "stylegan-xl"))]
)
@torch.inference_mode()
def test_transformed_images_agree_with_the_reference(name: str, form: str) -> None:
    g, expected = generator(name, form), reference(name)
    ws = truncate(mapped(g, expected), centre(g, expected), 0.7, None, g.num_ws)
    images = g.synthesis(ws, transform=torch.from_numpy(expected["input_transform"]))
    assert_close(images, expected["image_psi0.7_transformed"])
    assert_close(g.synthesis(ws), expected["image_psi0.7_noise_const"])  # and it leaves no trace


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CHECKPOINTS)
@torch.inference_mode()
@pytest.mark.smoke
def test_pixels_agree_with_the_reference(name: str, form: str) -> None:
    g, expected = generator(name, form), reference(name)
    key = next(key for key in expected if key.startswith("uint8"))
    _, psi, cutoff, noise = IMAGE.fullmatch(key).groups()
    ws = truncate(
        mapped(g, expected), centre(g, expected), float(psi), cutoff and int(cutoff), g.num_ws
    )
    pixels = to_uint8(g.synthesis(ws[: len(expected[key])], noise)).numpy().astype(int)
    levels = np.abs(pixels - expected[key])
    assert levels.max() <= 1
    assert levels.mean() < 1e-3


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CHECKPOINTS)
@torch.inference_mode()
def test_a_batch_gives_what_its_samples_give_alone(name: str, form: str) -> None:
    g, expected = generator(name, form), reference(name)
    ws = truncate(mapped(g, expected), centre(g, expected), 0.7, None, g.num_ws)
    alone = torch.cat([g.synthesis(one) for one in ws.chunk(len(ws))])
    assert_close(alone, g.synthesis(ws).numpy())


@pytest.mark.parametrize(
    ("dtype", "mean", "largest"), [(torch.bfloat16, 1.0, 8), (torch.float16, 0.25, 2)]
)
@pytest.mark.parametrize("name", CHECKPOINTS)
@torch.inference_mode()
def test_lower_precision_stays_within_a_few_levels(
    name: str, dtype: torch.dtype, mean: float, largest: int
) -> None:
    g, expected = fast(generator(name, "plain"), dtype), reference(name)
    images = g.synthesis(truncate(mapped(g, expected), centre(g, expected), 0.7, None, g.num_ws))
    wanted = torch.from_numpy(expected["image_psi0.7_noise_const"])
    # Random weights give images of any amplitude: bring them to that of a photograph.
    images = thinned(name, images)
    scale = 0.5 / wanted.std()
    levels = (to_uint8(images * scale).int() - to_uint8(wanted * scale).int()).abs().float()
    assert levels.mean() <= mean
    assert levels.max() <= largest


def thinned(name: str, images: Tensor) -> Tensor:
    """Images as their reference has them: of the large one every fifth row and third column."""
    return images[:, :, ::5, ::3] if name == "stylegan1_256-fused.pkl" else images


def assert_close(images: Tensor, wanted: Any) -> None:
    assert images.dtype == torch.float32
    assert np.abs(images.numpy() - wanted).max() <= 2e-5 * np.abs(wanted).max()
