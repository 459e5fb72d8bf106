"""Style: another picture's colours, by every name that sketches send and read."""

from typing import Any

import numpy as np
import pytest

from drawn import texture
from taxiway.core import extras
from taxiway.core.errors import MissingDependency
from taxiway.core.images import to_data_uri
from taxiway.families.style.model import OUTPUTS, Style

COMMAND = Style.commands["stylize"]
WARM = texture(1, 48, 64, [(120, 60, 30), (230, 180, 90)])
COLD = texture(2, 40, 40, [(20, 40, 90), (120, 170, 210)])


def styled(**wire: Any) -> Any:
    pictures = {
        name: to_data_uri(value, "PNG") if isinstance(value, np.ndarray) else value
        for name, value in wire.items()
    }
    [answer] = Style().predict("stylize", [COMMAND.decode(pictures)])
    assert list(answer) == list(OUTPUTS)
    return answer["image"].astype(int)


@pytest.mark.parametrize("match", ["axes", "together"])
def test_it_has_the_colours_of_the_style_and_the_light_of_the_content(match: str) -> None:
    made = styled(content_image=WARM, style_image=COLD, match=match)
    assert np.abs(made.mean((0, 1)) - COLD.mean((0, 1))).max() < 8
    assert np.corrcoef(made.sum(2).ravel(), WARM.sum(2).ravel())[0, 1] > 0.9


def test_alpha_is_how_far_it_goes() -> None:
    np.testing.assert_array_equal(styled(content_image=WARM, style_image=COLD, alpha=0), WARM)
    half = styled(content_image=WARM, style_image=COLD, alpha=0.5)
    whole = styled(content_image=WARM, style_image=COLD)
    np.testing.assert_allclose(half, (WARM + whole) / 2, atol=1)


def test_sketches_of_each_age_are_answered() -> None:
    expected = styled(content_image=WARM, style_image=COLD, alpha=0.3)
    adain = styled(contentImage=WARM, styleImage=COLD, interpolation_weight=0.3)
    np.testing.assert_array_equal(adain, expected)
    np.testing.assert_array_equal(styled(content=WARM, style=COLD, alpha=0.3), expected)
    alone = COMMAND.encode(dict.fromkeys(OUTPUTS, styled(image=WARM).astype(np.uint8)), {})
    assert alone["output"] == alone["stylizedImage"]


def test_it_is_encoded_once_for_all_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from taxiway.core.datatypes import picture

    count = []
    monkeypatch.setattr(picture, "to_data_uri", lambda pixels, format: count.append(1) or "data:")
    assert len(COMMAND.encode_jpegs(dict.fromkeys(OUTPUTS, WARM), {})) == 3
    assert len(count) == 1


@pytest.mark.parametrize("brush", ["paint", "water", "pencil"])
def test_a_brush_changes_it_and_keeps_its_size(brush: str) -> None:
    made = styled(content_image=WARM, alpha=0, brush=brush)
    assert made.shape == WARM.shape
    assert np.abs(made - WARM).mean() > 1
    assert styled(content_image=WARM[:3], brush=brush).shape == (3, 64, 3)


def test_without_opencv_colours_go_and_a_brush_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extras, "is_here", lambda module: module != "cv2")
    assert styled(content_image=WARM).shape == WARM.shape
    with pytest.raises(MissingDependency, match=r"A brush needs OpenCV: .*taxiway install vision"):
        styled(content_image=WARM, brush="paint")
