"""Take the studio's pictures of docs/images anew: `python scripts/screenshots.py [NAME ...]`.

A studio of its own, with a data folder of its own, is played in Chromium. All are taken if no name
is given. What is shown is made meanwhile: jobs run, scenes are drawn, a walk goes on.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from studio_window import (
    PATIENCE_MS,
    REST_MS,
    ROOT,
    Stage,
    ask,
    beside,
    drag,
    now,
    opened,
    panel,
    perform,
    running,
    seen,
    visited,
)
from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.sets import Sets
from taxiway.core.files import write_whole
from taxiway.film.writer import Manner, write_film
from taxiway.latent.sample import z_of_seed
from taxiway.painting.boxes import CLASSES, paint_boxes
from taxiway.painting.scene import paint

OUT = ROOT / "docs" / "images"
SCREEN, WINDOW, PHONE = (1440, 900), (1024, 768), (390, 844)
SCENES = range(40, 50)
JOBS: list[tuple[str, dict[str, Any]]] = [
    ("generate", {"latents": "20-31", "size": 128, "grid": "auto"}),
    ("video", {"keys": "1,5,9", "seconds": 4, "fps": 10, "size": 128}),
    ("video", {"keys": "22,40,61", "seconds": 60, "size": 256}),
    ("generate", {"latents": "0-99", "size": 256}),
    ("video", {"keys": "3,8", "seconds": 20, "size": 256}),
]
MAP: dict[str, list[tuple[float, float]]] = {
    "sky": [(x, row / 20 + 0.01) for row in range(12) for x in (0.0, 1.0)],
    "tree": [(0.2, 0.75), (0.2, 0.5), (0.24, 0.5)],
    "house": [(0.6, 0.7), (0.8, 0.7)],
}
FRAMES, START = 16, (0.3, 0.45)
"""Of the film, and where its balloon is at first, each from 0 to 1."""
PAINTER, FORM = "painter", "everything:Everything"
"""What is played: an instrument, and the tests' model with an input of every type."""


Take = Callable[[Stage], Image.Image]
SHOTS: dict[str, Take] = {}


def shot(take: Take) -> Take:
    """Have what a function takes among the pictures, under its name."""
    SHOTS[take.__name__.replace("_", "-")] = take
    return take


@shot
def studio(stage: Stage) -> Image.Image:
    """The map, the picture, the controls, the faders."""
    return seen(opened(stage, SCREEN))


@shot
def studio_network(stage: Stage) -> Image.Image:
    """The Network panel."""
    page = opened(stage, WINDOW)
    page.click("#tab-network")
    page.get_by_text("Python", exact=True).click()
    return seen(page)


@shot
def studio_phone(stage: Stage) -> Image.Image:
    """Mixer, and map."""
    page = opened(stage, PHONE)
    mixer = seen(page)
    page.get_by_role("tab", name="Map", exact=True).click()
    return beside(mixer, seen(page))


@shot
def presets_panel(stage: Stage) -> Image.Image:
    """A preset that was stored, and the pictures of before."""
    page = opened(stage, SCREEN)
    page.keyboard.press("Shift+Digit1")
    return panel(page, "presets")


@shot
def movement_panel(stage: Stage) -> Image.Image:
    """A walk and a wave, and the mark of what the wave moves."""
    page = opened(stage, (1440, 1000))
    perform(page, "walk", {"kind": "wander", "seconds": 20})
    perform(page, "modulator", {"number": 1, "kind": "lfo", "settings": {"seconds": 8}})
    perform(page, "modulate", {"number": 1, "control": "truncation", "amount": 0.25})
    page.wait_for_function("() => 'truncation' in studio.store.get('modulated')")
    parts = []
    for name in ("movement", "controls"):
        page.click(f"#tab-{name}")
        page.wait_for_timeout(REST_MS)
        parts.append(now(page, f"#panel-{name}"))
    perform(page, "modulator/clear", {"number": 1})
    page.keyboard.press("Escape")
    return beside(*parts)


@shot
def studio_form(stage: Stage) -> Image.Image:
    """An input of every type, filled in, and what the model answered."""
    page = visited(stage, SCREEN)
    Image.fromarray(paint(z_of_seed(22), 512)).save(stage.data / "rainbow.png")
    with page.expect_file_chooser() as chooser:
        page.click("#input-photo")
    chooser.value.set_files(stage.data / "rainbow.png")
    page.locator(".photo-well img").wait_for()
    easel = page.locator("canvas.easel")
    for label, way in MAP.items():
        page.get_by_role("button", name=label).click()
        drag(page, "canvas.easel", way)
    page.click("#input-code")
    page.click("#run")
    page.locator("#output-picture img").wait_for()
    easel.scroll_into_view_if_needed()
    return seen(page)


@shot
def annotate(stage: Stage) -> Image.Image:
    """Scenes that were drawn, some with their boxes."""
    root = stage.data / "scenes"
    (root / "images").mkdir(parents=True)
    found = [paint_boxes(seed, 400, 7) for seed in SCENES]
    for number, scene in enumerate(found):
        Image.fromarray(scene.picture).save(root / "images" / f"scene{number:02}.png")
    id = Sets(stage.data / "annotations").take(root)
    folder = AnnotatedFolder(root)
    ids = {each.name: each.id for each in folder.add_classes(list(CLASSES)).active}
    for number, (_, boxes, labels) in enumerate(found[:5]):
        kept = [
            (left, top, right - left, bottom - top, ids[label])
            for (left, top, right, bottom), label in zip(boxes, labels, strict=True)
        ]
        folder.put(f"scene{number:02}.png", 0, "open" if number == 0 else "done", kept)
    page = visited(stage, (1200, 750), f"#annotate={id}")
    page.locator(".boxes-editor[open]").wait_for()
    return seen(page)


@shot
def film(stage: Stage) -> Image.Image:
    """A balloon that was clicked at, followed and cut out."""
    write_film(stage.data / "balloon.mp4", flight(), FRAMES, Manner(fps=10))
    page = visited(stage, SCREEN)
    page.click("#tab-film")
    page.locator("#film-file").set_input_files(stage.data / "balloon.mp4")
    message, canvas = page.locator(".film-message"), page.locator("canvas.film-canvas")
    message.get_by_text("Click at what you want").wait_for()
    box = canvas.bounding_box()
    assert box is not None
    x, y = START
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.get_by_role("img", name="1 click", exact=False).wait_for()
    page.click("#film-follow")
    message.get_by_text("Every frame has its mask").wait_for()
    page.fill("#film-frame", str(FRAMES // 2))
    return seen(page)


def flight() -> Iterator[np.ndarray[Any, Any]]:
    """A balloon before a landscape, frame by frame [360, 480, 3]."""
    ground = Image.fromarray(paint(z_of_seed(22), 480)).crop((0, 0, 480, 360))
    for number in range(FRAMES):
        frame = ground.copy()
        x, y = START[0] * 480 + 9 * number, START[1] * 360 - 4 * number
        pen = ImageDraw.Draw(frame)
        pen.ellipse((x - 40, y - 46, x + 40, y + 46), "#c8322e")
        pen.ellipse((x - 16, y - 46, x + 16, y + 46), "#f0c43c")
        pen.polygon(
            [(x - 9, y + 62), (x + 9, y + 62), (x + 16, y + 44), (x - 16, y + 44)], "#6b4a2f"
        )
        yield np.asarray(frame)


@shot
def train_panel(stage: Stage) -> Image.Image:
    """A training from nothing, at its end."""
    folder = stage.data / "landscapes"
    folder.mkdir()
    for seed in range(200):
        Image.fromarray(paint(z_of_seed(seed), 64)).save(folder / f"{seed:03}.png")
    page = visited(stage, SCREEN)
    asked = {"name": "landscapes", "dataset": str(folder), "kimg": 3, "resolution": 32}
    ask(page, "POST", "/trainings", asked)
    page.click("#tab-train")
    page.click("#training-landscapes")
    page.locator(".sheets img").wait_for(timeout=2 * PATIENCE_MS)
    page.locator(".chart polyline").first.wait_for(state="attached")
    page.wait_for_timeout(REST_MS)
    return now(page)


@shot
def jobs_panel(stage: Stage) -> Image.Image:
    """A film that is made, jobs that wait, and what is done."""
    page = opened(stage, (1440, 1200))
    begin_jobs(page)
    page.wait_for_timeout(REST_MS)
    return now(page)


@shot
def jobs_phone(stage: Stage) -> Image.Image:
    """The same on a phone."""
    page = opened(stage, PHONE)
    begin_jobs(page)
    page.wait_for_timeout(REST_MS)
    return now(page)


def begin_jobs(page: Page) -> None:
    """Have the jobs of a picture, unless they are there already."""
    if not ask(page, "GET", "/jobs")["jobs"]:
        for tool, inputs in JOBS:
            ask(page, "POST", "/jobs", {"tool": tool, "model": PAINTER, "inputs": inputs})
    page.get_by_role("tab", name="Jobs", exact=True).click()
    page.locator(".job", has_text="frames").get_by_text("Running", exact=True).wait_for()


def main() -> None:
    """Take what is asked for."""
    names = sys.argv[1:] or list(SHOTS)
    if unknown := set(names) - set(SHOTS):
        sys.exit(f"There is no picture {unknown.pop()}; there are {', '.join(SHOTS)}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("TAXIWAY_CHROMIUM"), args=["--no-sandbox"]
        )
        for model in (PAINTER, FORM):
            chosen = [name for name in names if (name == "studio-form") == (model == FORM)]
            if chosen:
                with running(model) as (url, data):
                    take_all(chosen, Stage(browser, url, data))


def take_all(names: list[str], stage: Stage) -> None:
    """Take and write pictures."""
    for name in names:
        file = io.BytesIO()
        SHOTS[name](stage).save(file, "JPEG", quality=88, optimize=True)
        write_whole(OUT / f"{name}.jpg", file.getvalue())
        print(name, flush=True)


if __name__ == "__main__":
    main()
