"""Style mixing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from players import small_renderer
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import open_image
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.rendering.files import read_latents
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.tools.mix import Mix


def mix(folder: Path, player: Any = None, **inputs: Any) -> Any:
    values = Mix.command.decode({"rows": "1,2", "columns": "5-7", **inputs})
    return Mix().run(player or small_renderer(), values, QuietJob(folder))


def pixels(path: Path) -> np.ndarray[Any, Any]:
    return np.asarray(open_image(path.read_bytes(), path.name))


@pytest.mark.parametrize(("styles", "same"), [("none", "seed0002"), ("all", "seed0006")])
def test_no_styles_give_the_row_and_all_the_column_to_the_bit(
    styles: str, same: str, tmp_path: Path
) -> None:
    mix(tmp_path, styles=styles)
    np.testing.assert_array_equal(
        pixels(tmp_path / "seed0002+seed0006.png"), pixels(tmp_path / f"{same}.png")
    )


@pytest.mark.smoke
def test_a_mix_has_the_layers_it_was_asked_for(tmp_path: Path) -> None:
    answer = mix(tmp_path, styles="0-1,4", truncation=0.7)
    assert answer["files"][4] == "seed0002+seed0006.png"
    player = small_renderer()
    row, column = (player.ws(player.z_of_seeds([seed]), truncation=0.7)[0] for seed in (2, 6))
    [mixed] = read_latents(tmp_path / answer["files"][4], player.shape)
    layers = [0, 1, 4]
    np.testing.assert_array_equal(mixed.numbers[layers], column[layers])
    others = [layer for layer in range(player.num_ws) if layer not in layers]
    np.testing.assert_array_equal(mixed.numbers[others], row[others])


def test_the_grid_has_columns_on_top_and_rows_at_the_left(tmp_path: Path) -> None:
    answer = mix(tmp_path)
    grid = pixels(tmp_path / "grid.png").reshape(3, 32, 4, 32, 3).swapaxes(1, 2)
    np.testing.assert_array_equal(answer["grid"], pixels(tmp_path / "grid.png"))
    assert not grid[0, 0].any()
    np.testing.assert_array_equal(grid[0, 2], pixels(tmp_path / "seed0006.png"))
    np.testing.assert_array_equal(grid[1, 0], pixels(tmp_path / "seed0001.png"))
    np.testing.assert_array_equal(grid[2, 3], pixels(tmp_path / "seed0002+seed0007.png"))
    assert mix(tmp_path)["made"] == 0


def test_the_same_latent_may_be_row_and_column(tmp_path: Path) -> None:
    assert mix(tmp_path, rows="1", columns="1")["made"] == 2
    np.testing.assert_array_equal(
        pixels(tmp_path / "seed0001+seed0001.png"), pixels(tmp_path / "seed0001.png")
    )


def test_what_cannot_be_mixed_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'styles' takes all"):
        mix(tmp_path, styles="rough")
    with pytest.raises(InvalidArgument, match="The painter has z only"):
        mix(tmp_path, PainterRenderer())
    with pytest.raises(InvalidArgument, match="40 million pixels"):
        mix(tmp_path, rows="0-299", columns="0-299")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidArgument, match="'rows' takes seeds"):
        mix(tmp_path, rows=[])
