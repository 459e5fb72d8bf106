"""Make the picture of each example: `python scripts/example_pictures.py [NAME ...]`; all if none.

Pages are opened in Chromium, with models of their own behind them and the p5 that npm brought for
the tests (`cd tests && python -m interop.npm`).
"""

import base64
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, Route, sync_playwright

from taxiway import load
from taxiway.film.grid import tiled
from taxiway.latent.sample import z_of_seed
from taxiway.notebook import Model

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
P5 = ROOT / "tests" / "interop" / "node_modules"
WIDTH = 900
PIECES: dict[str, Callable[[], Image.Image]] = {}
Look = Callable[[Page], None]


def piece(name: str) -> Callable[[Callable[[], Image.Image]], Callable[[], Image.Image]]:
    """Have a function make the picture of an example."""

    def take(make: Callable[[], Image.Image]) -> Callable[[], Image.Image]:
        PIECES[name] = make
        return make

    return take


@cache
def rainbow() -> Model:
    return load("rainbow")


def strip(**controls: list[Any]) -> Image.Image:
    """What `rainbow` answers to a few values of its inputs, in a row."""
    calls = [
        dict(zip(controls, each, strict=True)) for each in zip(*controls.values(), strict=True)
    ]
    made = [rainbow().image(each.pop("z", 22), **each).resize((256, 256)) for each in calls]
    return row(made)


def row(pictures: list[Image.Image]) -> Image.Image:
    return Image.fromarray(tiled([np.asarray(each) for each in pictures], len(pictures)))


def moved(seed: int, **numbers: float) -> list[float]:
    """z of a seed, with some of its numbers set."""
    z = z_of_seed(seed, 512)
    for name, value in numbers.items():
        z[int(name[1:])] = value
    return [float(each) for each in z]


# ---- programs that ask, and what they get


@piece("query")
def query() -> Image.Image:
    return strip(z=[1, 2, 3])


@piece("python")
def python() -> Image.Image:
    return rainbow().mix("1-3", "10-12", styles="coarse")


@piece("lesson")
def lesson() -> Image.Image:
    return rainbow().grid("0-15", columns=4).resize((720, 720))


@piece("notebook")
def notebook() -> Image.Image:
    one, other = z_of_seed(3, 512), z_of_seed(8, 512)
    turns = np.linspace(0, np.pi / 2, 5)
    return strip(z=[(np.cos(turn) * one + np.sin(turn) * other).tolist() for turn in turns])


@piece("unity")
def unity() -> Image.Image:
    return strip(z=[1, 5, 9])


@piece("openframeworks")
def openframeworks() -> Image.Image:
    return strip(z=[1, 1, 1], psi=[0.2, 0.6, 1.0])


@piece("arduino")
@piece("processing")
@piece("touchdesigner")
def knobs() -> Image.Image:
    return strip(z=[moved(22, z0=-4, z1=-4), moved(22), moved(22, z0=4, z1=4)], psi=[0.6, 0.8, 1.0])


@piece("supercollider")
def supercollider() -> Image.Image:
    return strip(z=[moved(7, z0=1.5)] * 3, psi=[0.25, 0.5, 0.75])


@piece("rainbow-bot")
def bot() -> Image.Image:
    with running("rainbow") as port, tempfile.TemporaryDirectory() as folder:
        text = (EXAMPLES / "rainbow-bot" / "bot.py").read_text()
        (Path(folder) / "bot.py").write_text(text.replace(":8000", f":{port}"))
        said = subprocess.check_output(
            [sys.executable, "bot.py", "--seed", "22"], cwd=folder, text=True
        )
        picture = Image.open(Path(folder) / "rainbow.jpg").resize((420, 420))
    sheet = Image.new("RGB", (WIDTH, 460), "#14161a")
    sheet.paste(picture, (20, 20))
    lines = [part for line in ["$ python bot.py", *said.splitlines()] for part in wrapped(line)]
    draw(sheet).multiline_text((465, 30), "\n".join(lines), "#c9ced6", font(17), spacing=8)
    return sheet


def wrapped(line: str) -> list[str]:
    return [*textwrap.wrap(line, 44), ""]


@piece("ports")
def ports() -> Image.Image:
    photo = rainbow().image(1)
    with running(str(EXAMPLES / "ports" / "edges")) as port:
        buffer = io.BytesIO()
        photo.save(buffer, "PNG")
        answer = ask(port, {"image": uri_of(buffer.getvalue())})
    return row([photo, answer.resize(photo.size)])


def ask(port: int, inputs: dict[str, Any]) -> Image.Image:
    url = f"http://localhost:{port}/query"
    with urllib.request.urlopen(url, json.dumps(inputs).encode()) as answer:
        return decoded(json.load(answer)["image"])


def uri_of(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")


# ---- patches, drawn from their files


@piece("pure-data")
def pure_data() -> Image.Image:
    lines = (EXAMPLES / "pure-data" / "taxiway.pd").read_text().replace("\n", " ").split("; ")
    boxes, wires = [], []
    for line in (each.rstrip("; ") for each in lines):
        kind, *rest = line.removeprefix("#X ").split(" ")
        if kind == "connect":
            wires.append((int(rest[0]), int(rest[2])))
        elif kind in ("obj", "msg", "text", "floatatom", "symbolatom"):
            words = re.sub(r"\\([,;$])", r"\1", " ".join(rest[2:]))
            shown = {"bng": "( )", "floatatom": "0"}.get(rest[2] if kind == "obj" else kind, words)
            boxes.append((int(rest[0]), int(rest[1]), shown, kind == "text"))
    return patch(boxes, wires)


@piece("max")
def max_msp() -> Image.Image:
    patcher = json.loads((EXAMPLES / "max" / "taxiway.maxpat").read_text())["patcher"]
    found = [each["box"] for each in patcher["boxes"]]
    places = {box["id"]: index for index, box in enumerate(found)}
    boxes = [
        (*map(int, box["patching_rect"][:2]), box.get("text", "( )"), box["maxclass"] == "comment")
        for box in found
    ]
    ends = [each["patchline"] for each in patcher["lines"]]
    wires = [(places[each["source"][0]], places[each["destination"][0]]) for each in ends]
    return patch(boxes, wires)  # type: ignore[arg-type]


def patch(boxes: list[tuple[int, int, str, bool]], wires: list[tuple[int, int]]) -> Image.Image:
    """Boxes (x, y, text, whether it is a comment) and wires between them."""
    scale, letters = 2, font(22)
    width = max(x + 9 * len(text) for x, _, text, _ in boxes) + 30
    height = max(y for _, y, _, _ in boxes) + 50
    sheet = Image.new("RGB", (scale * width, scale * height), "#f4f2ec")
    pen = draw(sheet)
    for start, end in wires:
        (x, y), (to_x, to_y) = boxes[start][:2], boxes[end][:2]
        line = (scale * x + 12, scale * y + 40, scale * to_x + 12, scale * to_y)
        pen.line(line, "#555", 2)
    for x, y, text, is_comment in boxes:
        left, top, right, _ = pen.textbbox((scale * x + 8, scale * y + 8), text, letters)
        frame = (left - 8, top - 10, right + 8, scale * y + 40)
        if not is_comment:
            pen.rectangle(frame, "#fff", "#222", 2)
        pen.text((scale * x + 8, scale * y + 8), text, "#222", letters)
    return sheet


def font(size: int) -> Any:
    return ImageFont.load_default(size)


def draw(sheet: Image.Image) -> Any:
    return ImageDraw.Draw(sheet)


# ---- pages, as a browser shows them


@contextlib.contextmanager
def running(*model: str) -> Iterator[int]:
    """The port of a Taxiway that runs a model until the block ends."""
    yield from started(["run", *model, "--no-browser", "--port", "0"], "is running")


@contextlib.contextmanager
def hosting() -> Iterator[int]:
    """The port of a server that hosts what the board games ask."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TAXIWAY_DATA"] = folder
        writer = ["writer", "--command", "generate_batch"]
        for name, model in (("covers", ["rainbow"]), ("rules", writer)):
            words = ["host", "create", name, "--model", *model, "--public"]
            subprocess.check_output([sys.executable, "-m", "taxiway", *words])
        yield from started(["host", "serve", "--port", "0"], "Hosting at")


def started(words: list[str], until: str) -> Iterator[int]:
    command = [sys.executable, "-m", "taxiway", *words]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        port = 0
        for line in process.stdout:
            port = port or int((re.findall(r"http://[^:/]+:(\d+)", line) or [0])[0])
            if until in line:
                break
        yield port
        process.terminate()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def files() -> Iterator[str]:
    """Where the examples are served."""
    handler = partial(Quiet, directory=EXAMPLES)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def page(path: str, told: str, port: int, look: Look, size: tuple[int, int]) -> Image.Image:
    """A page whose model is at `port` rather than where it says, once `look` has played it."""
    arguments = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    arguments += ["--no-sandbox", f"--host-resolver-rules=MAP {told} 127.0.0.1:{port}"]
    with files() as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("TAXIWAY_CHROMIUM"), args=arguments
        )
        shown = browser.new_page(viewport={"width": size[0], "height": size[1]})
        shown.route("https://cdn.jsdelivr.net/npm/p5@*/lib/p5.min.js", p5)
        shown.goto(f"{origin}/{path}")
        look(shown)
        picture = Image.open(io.BytesIO(shown.screenshot()))
        browser.close()
    return picture.convert("RGB")


def p5(route: Route) -> None:
    name = "p5-2" if "/p5@2" in route.request.url else "p5"
    route.fulfill(path=P5 / name / "lib" / "p5.min.js", content_type="text/javascript")


def wait(seconds: float) -> Look:
    return lambda shown: shown.wait_for_timeout(1000 * seconds)


def press(name: str, seconds: float) -> Look:
    def look(shown: Page) -> None:
        shown.get_by_role("button", name=name).click()
        shown.wait_for_timeout(1000 * seconds)

    return look


def of_rainbow(path: str, look: Look, size: tuple[int, int]) -> Image.Image:
    with running("rainbow") as port:
        return page(path, "localhost:8000", port, look, size)


@piece("rainbow-tutorial")
def tutorial() -> Image.Image:
    both = [of_rainbow(f"rainbow-tutorial/p5-{k}/", press("please", 3), (528, 556)) for k in (1, 2)]
    return row(both)


@piece("p5-rainbow")
def p5_rainbow() -> Image.Image:
    return of_rainbow("p5-rainbow/", wait(4), (528, 580))


@piece("plain-js")
def plain_js() -> Image.Image:
    return of_rainbow("plain-js/", wait(4), (528, 590))


@piece("mixing-console")
def console() -> Image.Image:
    return of_rainbow("mixing-console/", press("Hills", 3), (528, 710))


@piece("random-walk")
def walk() -> Image.Image:
    return of_rainbow("random-walk/", wait(20), (1100, 600))


@piece("camera")
def camera() -> Image.Image:
    with running("lineart") as port:
        return page("camera/", "localhost:8000", port, wait(4), (1100, 460))


@piece("photo-booth")
def booth() -> Image.Image:
    def look(shown: Page) -> None:
        shown.wait_for_function("() => document.querySelector('video').readyState > 2")
        press("Four pictures", 0)(shown)
        shown.wait_for_function("() => !document.querySelector('#print').disabled")

    with running("lineart") as port:
        path = "photo-booth/?countdown=1"
        return page(path, "localhost:8000", port, look, (1000, 560))


@piece("board-games")
def board_games() -> Image.Image:
    def look(shown: Page) -> None:
        shown.wait_for_function("() => document.querySelector('img').naturalWidth > 0")
        shown.wait_for_function("() => document.querySelector('output').value === ''")

    with hosting() as port:
        return page("board-games/#22", "localhost:8080", port, look, (1100, 620))


def main() -> None:
    for name in sys.argv[1:] or PIECES:
        made = PIECES[name]()
        made.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        made.save(EXAMPLES / name / "picture.jpg", quality=80, optimize=True)
        print(f"examples/{name}/picture.jpg")


if __name__ == "__main__":
    main()
