"""What is done to a picture on its way in, against plain numpy."""

from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from taxiway.catalog.processing import OnnxInput
from taxiway.core.datatypes import Category, Segmentation
from taxiway.onnx_files.before import (
    labels_tensor,
    picture_tensor,
    placed,
    value_tensor,
)
from taxiway.onnx_files.lab import from_lab, lightness, to_lab
from taxiway.onnx_files.reading import Tensor

PHOTO = np.random.default_rng(3).integers(0, 255, (12, 20, 3), np.uint8)


def tensor(pixels: Any, shape: tuple[int, ...], dtype: str = "float32", **said: Any) -> Any:
    given, wanted = OnnxInput(name="image", **said), Tensor("x", dtype, shape)
    at = placed((pixels.shape[1], pixels.shape[0]), given, wanted)
    made = picture_tensor(pixels, given, wanted, at)
    assert made.dtype == dtype
    assert all(side in (0, one) for side, one in zip(shape, made.shape, strict=True))
    return made


def test_range_mean_and_std_are_of_each_channel() -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    wanted = ((PHOTO / 255 - mean) / std).transpose(2, 0, 1)[None]
    np.testing.assert_allclose(tensor(PHOTO, (0, 3, 0, 0), mean=mean, std=std), wanted, atol=1e-5)
    signed = PHOTO.transpose(2, 0, 1)[None] / 127.5 - 1
    np.testing.assert_allclose(tensor(PHOTO, (1, 3, 12, 20), range=(-1, 1)), signed, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "layout", "order"),
    [
        ((0, 0, 0, 3), None, "nhwc"),
        ((0, 3, 0, 0), None, "nchw"),
        ((1, 0, 0, 0), "NHWC", "nhwc"),
        ((3, 12, 20), None, "chw"),
        ((0, 0, 3), None, "hwc"),
    ],
)
def test_layouts(shape: tuple[int, ...], layout: Any, order: str) -> None:
    made = tensor(PHOTO, shape, "uint8", layout=layout)
    whole = PHOTO[None] if order.startswith("n") else PHOTO
    chw = whole.ndim == 4 and order == "nchw"
    wanted = whole.transpose(0, 3, 1, 2) if chw else whole
    wanted = wanted.transpose(2, 0, 1) if order == "chw" else wanted
    np.testing.assert_array_equal(made, wanted)


def test_channels() -> None:
    np.testing.assert_array_equal(
        tensor(PHOTO, (1, 12, 20, 3), "uint8", channels="BGR")[0], PHOTO[..., ::-1]
    )
    grey = PHOTO @ [0.299, 0.587, 0.114]
    made = tensor(PHOTO, (1, 1, 0, 0), channels="grey", range=(0, 255))
    np.testing.assert_allclose(made[0, 0], grey, atol=0.6)
    light = tensor(PHOTO, (1, 1, 0, 0), channels="L", range=(0, 100))
    np.testing.assert_allclose(light[0, 0], lightness(PHOTO.astype(np.float32))[..., 0], atol=0.01)


def test_lab_is_cie_lab() -> None:
    """White, black and the primaries as they stand in tables (D65, two degrees)."""
    colours = np.float32([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]])[None]
    table = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86]]
    np.testing.assert_allclose(to_lab(colours)[0], table, atol=0.05)
    np.testing.assert_allclose(from_lab(to_lab(PHOTO.astype(np.float32))), PHOTO, atol=0.1)


def test_fits() -> None:
    flat = np.full((10, 40, 3), 200, np.uint8)
    held = tensor(flat, (1, 20, 20, 3), "uint8", fit="contain", size=(20, 20), pad=7)[0, ..., 0]
    assert np.all(held[8:12] if held[7, 0] == 7 else held[7:12] == 200)
    assert np.all(held[:7] == 7)
    top = tensor(flat, (1, 20, 20, 3), "uint8", fit="contain", size=(20, 20), align="top-left")
    assert np.all(top[0, :5] == 200)
    assert np.all(top[0, 5:] == 0)
    ramp = np.repeat(np.arange(40, dtype=np.uint8)[None, :, None], 10, 0).repeat(3, 2)
    cut = tensor(ramp, (1, 10, 10, 3), "uint8", fit="cover", size=(10, 10))[0, 0, :, 0]
    np.testing.assert_array_equal(cut, np.arange(15, 25))
    stretched = tensor(ramp, (1, 10, 20, 3), "uint8", size=(20, 10))[0]
    wanted = Pillow.fromarray(ramp).resize((20, 10), Pillow.Resampling.BILINEAR)
    np.testing.assert_array_equal(stretched, np.asarray(wanted))
    assert tensor(ramp, (1, 3, 0, 0), multiple_of=16).shape == (1, 3, 16, 32)
    assert tensor(ramp, (1, 3, 0, 0), most=20).shape == (1, 3, 5, 20)


@pytest.mark.parametrize("fit", ["stretch", "contain", "cover"])
def test_places_find_their_way_back(fit: Any) -> None:
    given = OnnxInput(name="image", fit=fit, size=(32, 48))
    at = placed((100, 60), given, Tensor("x", "float32", (1, 3, 0, 0)))
    left, top, right, bottom = at.at
    corners = np.array([[left / 32, top / 48], [right / 32, bottom / 48]])
    x0, y0, x1, y1 = at.seen
    wanted = [[x0 / 100, y0 / 60], [x1 / 100, y1 / 60]]
    np.testing.assert_allclose(at.back(corners), wanted, atol=1e-9)


def test_labels_and_words() -> None:
    ids = np.random.default_rng(4).integers(0, 3, (8, 8)).astype(np.uint8)
    field = Segmentation(labels=("a", "b", "c"))
    given, wanted = (
        OnnxInput(name="map", field=field, one_hot=True),
        Tensor("x", "float32", (1, 3, 8, 8)),
    )
    at = placed((8, 8), given, wanted)
    np.testing.assert_array_equal(
        labels_tensor(ids, given, wanted, at)[0], np.moveaxis(np.eye(3)[ids], 2, 0)
    )
    words = Category(one_of=("a", "b", "c"))
    number, places = Tensor("x", "int64", (0,)), Tensor("x", "float32", (1, 3))
    one = OnnxInput(name="word", field=words)
    np.testing.assert_array_equal(value_tensor("b", one, number), [1])
    hot = OnnxInput(name="word", field=words, one_hot=True)
    np.testing.assert_array_equal(value_tensor("b", hot, places), [[0, 1, 0]])
