"""The studio in Chromium: how old the picture is when shown, and whether the faders hold it up.

    python bench/studio.py [--seconds 6] [--chromium /usr/bin/chromium]

A hand sweeps over the faders in every animation frame. Age is from sending a change to having
drawn its picture; "beyond model" is age less the time in the model, to be 30 ms at most at the
median; "start" and "end" are the median ages of the first and the last third, which must not
differ. Each model is played with the faders painted and with the mixer hidden, in turns.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from taxiway import app
from taxiway.catalog import catalog
from taxiway.catalog.catalog import Card
from taxiway.core.config import Config
from taxiway.web.listen import loop_factory

FAKE = Card(name="fake", family="delayed:Delayed", title="Fake", summary="Takes its time.")
DEFAULT = catalog.card(catalog.DEFAULT)
CASES: list[tuple[str, Card, dict[str, Any]]] = [
    ("fake, 100 ms, 512 px", FAKE, {"milliseconds": 100, "size": 512}),
    ("fake, 10 ms, 512 px", FAKE, {"milliseconds": 10, "size": 512}),
    (f"{DEFAULT.name}, {DEFAULT.resolution} px", DEFAULT, {}),
]
ROUNDS = 3
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

PLAY = """async ({ seconds, painted }) => {
  const { studio } = await import("/studio/main.js");
  const { strokeTo } = await import("/studio/mixer/stroke.js");
  document.querySelector("#panel-mixer").hidden = !painted;
  const ages = [], models = [], frames = [];
  const note = () => {
    const { age, renderMs } = studio.store.get("picture");
    if (age !== null) ages.push(age), models.push(renderMs);
  };
  studio.store.addEventListener("picture", note);
  const end = performance.now() + 1000 * seconds;
  let from = { index: 0, value: 0 };
  for (let now = performance.now(); now < end; now = await new Promise(requestAnimationFrame)) {
    const index = Math.floor(255.5 + 255 * Math.sin(now / 300));
    const to = { index, value: 2.5 * Math.sin(now / 170) };
    studio.session.draw((vector) => strokeTo(vector, from, to));
    from = to;
    frames.push(now);
  }
  studio.store.removeEventListener("picture", note);
  return { ages, models, frames };
}"""


async def serve(card: Card, options: dict[str, Any]) -> None:
    """Serve until the standard input closes; says the address first."""
    async with app.serving(Config(port=0), [card], options) as model_servers:
        print(f"at {model_servers.running()[0].url}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextmanager
def server(case: int) -> Iterator[str]:
    """The address of a server of that case, in a process of its own."""
    command = [sys.executable, __file__, "--serve", str(case)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        yield next(line.split()[1] for line in process.stdout if line.startswith("at "))
        process.communicate()


def play(page: Page, seconds: float) -> list[dict[str, list[float]]]:
    """What was seen with the faders painted, and with the mixer hidden."""
    seen: list[dict[str, list[float]]] = [{}, {}]
    for _ in range(ROUNDS):
        for result, painted in zip(seen, (True, False), strict=True):
            part = page.evaluate(PLAY, {"seconds": seconds / ROUNDS, "painted": painted})
            part["gaps"] = [b - a for a, b in zip(part["frames"], part["frames"][1:], strict=False)]
            for name, values in part.items():
                result.setdefault(name, []).extend(values)
    return seen


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def row(name: str, seen: dict[str, list[float]]) -> dict[str, Any]:
    ages = seen["ages"]
    third = len(ages) // 3
    age, model = statistics.median(ages), statistics.median(seen["models"])
    return {
        "played": name,
        "pictures": len(ages),
        "age p50": age,
        "p95": percentile(ages, 95),
        "model p50": model,
        "beyond model": age - model,
        "start": statistics.median(ages[:third]),
        "end": statistics.median(ages[-third:]),
        "fps": 1000 / statistics.mean(seen["gaps"]),
        "frame p95": percentile(seen["gaps"], 95),
    }


def measure(seconds: float, chromium: str | None) -> list[dict[str, Any]]:
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for case, (name, _, _) in enumerate(CASES):
            with server(case) as address:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(address)
                page.wait_for_function("() => document.body.dataset.state === 'running'")
                page.evaluate(PLAY, {"seconds": 1, "painted": True})
                painted, hidden = play(page, seconds)
                rows += [row(name, painted), row(f"{name}, mixer hidden", hidden)]
                page.close()
        browser.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=6, help="per row")
    chromium = os.environ.get("TAXIWAY_CHROMIUM") or shutil.which("chromium")
    parser.add_argument("--chromium", default=chromium, help="which to run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        _, card, options = CASES[arguments.serve]
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(card, options))
        return
    rows = measure(arguments.seconds, arguments.chromium)
    if arguments.json:
        print(json.dumps(rows))
        return
    print(*rows[0], sep="\t")
    for values in rows:
        told = (f"{v:.1f}" if isinstance(v, float) else str(v) for v in values.values())
        print(*told, sep="\t")
    print("ms, except pictures and fps")


if __name__ == "__main__":
    main()
