"""A model that remembers what each caller showed: all callers are told apart, and who goes is
forgotten."""

import json

import httpx
from websockets.asyncio.client import connect

from interop.engineio_clients import socket
from taxiway import app
from taxiway.catalog.catalog import Card
from taxiway.core.config import Config

CARD = Card(name="remembers", family="toys:Remembers", title="Remembers", summary="Counts.")
DOORS = Config(port=0, socketio_port=None, osc_port=None, hub_port=None)


async def test_callers_are_told_apart_and_forgotten_when_they_go() -> None:
    async with app.serving(DOORS, [CARD], {}) as servers, httpx.AsyncClient(timeout=60) as client:
        url = servers.running()[0].url
        address = url.removeprefix("http://")

        async def asked(**headers: str) -> tuple[int, int]:
            answer = await client.post(f"{url}/query", json={}, headers=headers)
            said = answer.raise_for_status().json()
            return said["asked"], said["callers"]

        one = {"origin": "http://localhost:5500", "referer": "http://localhost:5500/one/"}
        other = {**one, "referer": "http://localhost:5500/other/"}
        assert [await asked(**one), await asked(**one)] == [(1, 1), (2, 1)]
        assert [await asked(**other), await asked(**one)] == [(1, 2), (3, 2)]
        async with socket(address) as first, socket(address, 3) as second:
            for count in (1, 2):
                for page in (first, second):
                    await page.ask({})
                    heard = [await each.event() for each in (first, second)]
                    assert heard[0] == heard[1], "an answer is for all who listen"
                    assert heard[0][1]["asked"] == count
        async with connect(f"ws://{address}/") as stream:
            for count in (1, 2):
                await stream.send(
                    json.dumps({"type": "submit", "command": "count", "inputData": {}})
                )
                while (said := json.loads(await stream.recv()))["type"] != "succeeded":
                    counted = said.get("outputData", {}).get("asked")
                assert counted == count
        assert await asked(**one) == (4, 2), "both sockets, and the stream, are forgotten"
