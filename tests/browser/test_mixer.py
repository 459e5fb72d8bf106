"""The mixer: drawing, filling, undoing, by hand and by keys."""

import itertools

import pytest
from playwright.sync_api import Page

from browser.watching import (
    hold_studio,
    pixels,
    vector,
    wait_for_other_picture,
    wait_for_store,
)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the faders between two points given as parts of the canvas."""
    box = page.locator(".mixer-canvas").bounding_box()
    assert box is not None
    for part, (x, y) in enumerate((start, end)):
        place = (box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.move(*place, steps=4 if part else 1)
        if not part:
            page.mouse.down()
    page.mouse.up()


@pytest.mark.parametrize(("start", "end"), [(0.25, 0.75), (0.75, 0.25)], ids=["right", "left"])
def test_a_drag_draws_a_monotone_ramp_in_either_direction(
    page: Page, start: float, end: float
) -> None:
    page.click("[data-action=zero]")
    drag(page, (start, 1 - start), (end, 1 - end))
    drawn = vector(page)[130:382]
    assert all(a <= b for a, b in itertools.pairwise(drawn))
    assert drawn[0] < -1.4
    assert drawn[-1] > 1.4


def test_a_drag_changes_the_picture_and_is_one_step_of_undo(page: Page) -> None:
    before, numbers = pixels(page), vector(page)
    drag(page, (0.1, 0.1), (0.6, 0.1))
    wait_for_other_picture(page, before)
    drawn = vector(page)
    assert drawn != numbers
    page.keyboard.press("Control+z")
    assert vector(page) == numbers
    page.keyboard.press("Control+Shift+Z")
    assert vector(page) == drawn


def test_random_changes_the_picture_and_stays_near_the_shell(page: Page) -> None:
    before = pixels(page)
    page.click("[data-action=random]")
    wait_for_other_picture(page, before)
    numbers = vector(page)
    assert 18 < sum(value**2 for value in numbers) ** 0.5 < 28
    assert any(value > 1.5 for value in numbers)


@pytest.mark.parametrize(("action", "value"), [("zero", 0), ("min", -1), ("max", 1)])
def test_a_fill_sets_every_fader(page: Page, action: str, value: float) -> None:
    page.click(f"[data-action={action}]")
    assert vector(page) == [value] * 512


def test_perlin_noise_is_smooth_and_another_with_every_press(page: Page) -> None:
    page.click("[data-action=perlin]")
    first = vector(page)
    page.click("[data-action=perlin]")
    second = vector(page)
    assert first != second
    for curve in (first, second):
        assert max(abs(a - b) for a, b in itertools.pairwise(curve)) < 0.5
        assert -1 <= min(curve) <= max(curve) < 1


def test_nudge_is_a_small_step_that_keeps_the_length(page: Page) -> None:
    before = vector(page)
    page.keyboard.press("n")
    after = vector(page)
    length, moved = (sum(v**2 for v in z) ** 0.5 for z in (before, after))
    cosine = sum(a * b for a, b in zip(before, after, strict=True)) / length / moved
    assert 0.85 < cosine < 0.99
    assert moved == pytest.approx(length, rel=0.1)


def test_keys_choose_and_change_a_fader_and_say_so(page: Page) -> None:
    page.click("[data-action=zero]")
    faders = page.locator(".mixer-canvas")
    faders.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert vector(page)[:4] == pytest.approx([0, 0, 0.6, 0])
    page.wait_for_function(
        "() => document.querySelector('.mixer-canvas').ariaValueText === 'fader 2, 0.60'"
    )
    assert faders.get_attribute("role") == "slider"
    page.keyboard.press("Control+z")
    assert vector(page) == [0] * 512


def test_zoomed_in_every_fader_can_be_reached_by_hand(page: Page) -> None:
    page.click("[data-action=zero]")
    page.click("button:text-is('32')")
    page.locator(".mixer-scroll").fill("480")
    drag(page, (0.01, 0.1), (0.99, 0.1))
    assert all(value == 0 for value in vector(page)[:480])
    assert all(value > 2 for value in vector(page)[480:])


def test_edits_travel_to_another_page(page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    hold_studio(other)
    wait_for_store(other, "store.get('vector').length === 512")
    page.bring_to_front()
    page.click("[data-action=max]")
    wait_for_store(other, "store.get('vector').every((value) => value === 1)")
