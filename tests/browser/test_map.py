"""The latent map: picking, wandering, zooming, similarity, places as text."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser.watching import (
    pixels,
    stored,
    vector,
    wait_for_other_picture,
    wait_for_store,
    wait_for_vector,
)
from taxiway.latent.field import field

IS_PLACE = "store.get('origin')?.field_seed !== undefined"


def centre(page: Page) -> tuple[float, float]:
    box = page.locator(".map-canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def click_middle(page: Page) -> dict[str, float]:
    page.mouse.click(*centre(page))
    wait_for_store(page, IS_PLACE)
    origin: dict[str, float] = stored(page, "origin")
    return origin


def test_a_click_puts_the_cell_on_stage_and_the_mixer_follows(page: Page) -> None:
    before, numbers = pixels(page), vector(page)
    origin = click_middle(page)
    assert origin == {"field_seed": 1, "x": 0, "y": 0}
    chosen = wait_for_vector(page, numbers)
    assert chosen == pytest.approx(field(1, 512).z([(0, 0)])[0].tolist(), abs=1e-5)
    wait_for_other_picture(page, before)


def test_tiles_arrive_for_every_cell_in_view(page: Page) -> None:
    colours = page.wait_for_function(
        """() => {
          const canvas = document.querySelector(".map-canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let lit = 0;
          for (let i = 2; i < data.length; i += 4) lit += Math.abs(data[i] - 102) < 12;
          return lit / (data.length / 4) > 0.9 && lit;
        }"""
    )
    assert colours.json_value() > 0


@pytest.mark.parametrize("similarity", [0.5, 0.9])
def test_similarity_is_the_expected_cosine_of_neighbours(page: Page, similarity: float) -> None:
    page.locator("#similarity").fill(str(similarity))
    page.locator(".map-canvas").focus()
    walk = [vector(page)]
    for key in ["Enter", *["ArrowRight"] * 8]:
        page.keyboard.press(key)
        walk.append(wait_for_vector(page, walk[-1]))
    z = np.array(walk[1:])
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    cosines = (unit[:-1] * unit[1:]).sum(1)
    assert cosines.mean() == pytest.approx(similarity, abs=0.08)


def test_dragging_wanders_and_does_not_pick(page: Page) -> None:
    origin = click_middle(page)
    x, y = centre(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y - 90, steps=5)
    page.mouse.up()
    assert stored(page, "origin") == origin
    assert click_elsewhere(page) != origin


def click_elsewhere(page: Page) -> dict[str, float]:
    """Click the middle again; what is there now is another place."""
    before = vector(page)
    page.mouse.click(*centre(page))
    wait_for_vector(page, before)
    origin: dict[str, float] = stored(page, "origin")
    return origin


def test_the_wheel_zooms_at_the_pointer(page: Page) -> None:
    x, y = centre(page)
    page.mouse.click(x + 104, y)
    wait_for_store(page, IS_PLACE)
    first = stored(page, "origin")
    page.mouse.move(x + 104, y)
    page.mouse.wheel(0, -900)
    page.mouse.move(x, y)
    before = vector(page)
    page.mouse.click(x, y)
    wait_for_vector(page, before)
    near = stored(page, "origin")
    assert 0 < near["x"] < first["x"]


def test_regenerate_opens_another_map(page: Page) -> None:
    first = click_middle(page)
    page.click("#regenerate")
    second = click_elsewhere(page)
    assert second["field_seed"] != first["field_seed"]


def test_a_place_is_shared_as_text(page: Page) -> None:
    page.fill("#place", "77, 1.25, -3.5")
    page.press("#place", "Enter")
    wait_for_store(page, "store.get('origin')?.field_seed === 77")
    expected = field(77, 512).z([(1.25, -3.5)])[0]
    wait_for_store(page, f"Math.abs(store.get('vector')[0] - {float(expected[0])}) < 1e-5")
    assert page.input_value("#place") == "77, 1.25, -3.5"


def test_a_place_that_is_none_is_told_in_a_sentence(page: Page) -> None:
    page.fill("#place", "somewhere")
    page.press("#place", "Enter")
    expect(page.locator("[role=alert]:visible")).to_contain_text("three numbers")


def test_undo_goes_back_to_where_the_map_was_left(page: Page) -> None:
    numbers = vector(page)
    click_middle(page)
    wait_for_vector(page, numbers)
    page.keyboard.press("Control+z")
    assert vector(page) == numbers
    assert stored(page, "origin") == {"seed": 0}
