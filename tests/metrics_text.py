"""What Prometheus is told by `taxiway run` and by `taxiway host serve`, of real queries."""

import asyncio
import contextlib
import re
import time
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config
from taxiway.hosting import app as hosting
from taxiway.hosting.records import Hosted, Limits
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

PLACE = ("127.0.0.1", 0)
CONFIG = Config(port=0, osc_port=None, socketio_port=None, hub_port=None, metrics=PLACE)
TOKEN = "tw_class"


def samples(text: str) -> list[Sample]:
    """All samples of a text, by the client library's own parser."""
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(text: str, name: str, **labels: str) -> float:
    """The sum of the samples of that name with these labels."""
    found = [
        sample.value
        for sample in samples(text)
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert found, f"no {name} with {labels}"
    return sum(found)


def where(said: str) -> str:
    """The address of the metrics, in what was printed."""
    (found,) = places(said)
    return found


def places(said: str) -> list[str]:
    """The addresses of the metrics of several servers."""
    return re.findall(r"Metrics at (\S+)", said)


async def of_run(folder: Path) -> str:
    """The text after two good queries and a bad one to `painter`, with a sink at work."""
    said = Said()
    with contextlib.redirect_stdout(said):
        serving = app.serving(CONFIG, [catalog.card("painter")], {})
        async with serving as servers, httpx.AsyncClient(timeout=60) as client:
            (_, outputs), url = servers.live()[0], servers.running()[0].url
            await outputs.start("folder", {"path": str(folder / "frames")})
            for body in ({"seed": 1}, {"seed": 2}, {"seed": "x"}):
                await client.post(f"{url}/query", json=body)
            while not any(output.sent for _, output in outputs.at_work()):
                await asyncio.sleep(0.02)
            return (await client.get(where(said.text))).text


async def of_host(folder: Path) -> str:
    """The text after a query of a token that may ask ten times, and one without a token."""
    said = Said()
    hosted = Hosted(name="art", model="painter", public=False, created=time.time())
    with Store(folder) as store:
        store.create(hosted, "class 7b", digest(TOKEN), Limits(budget=10))
    settings = hosting.Settings(port=0, metrics=PLACE)
    with contextlib.redirect_stdout(said):
        serving = hosting.serving(folder, settings)
        async with serving as listener, httpx.AsyncClient(timeout=60) as client:
            url, given = f"{listener.url}/art/v1/query", {"authorization": f"Bearer {TOKEN}"}
            answer = await client.post(url, json={"seed": 1}, headers=given)
            assert answer.status_code == 200, answer.text
            return (await client.get(where(said.text))).text


class Said:
    """What is printed meanwhile."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass
