"""Serve a model and the hub at free ports: `serve.py FAMILY [photoshop]`, until stdin closes.

Prints the two ports once they are open.
"""

import asyncio
import sys

from msgspec import structs

from taxiway import app
from taxiway.catalog.catalog import Card
from taxiway.core.config import Config
from taxiway.servers.hub import server as hub
from taxiway.web.listen import loop_factory

CONFIG = Config(port=0, socketio_port=None, osc_port=None, hub_port=None)


async def serve(family: str, photoshop: bool) -> None:
    config = structs.replace(CONFIG, hub_null_origin=photoshop)
    card = Card(name="toy", family=family, title="Toy", summary="For tests.")
    async with (
        app.serving(config, [card], {}) as model_servers,
        hub.listener(model_servers, config, 0) as door,
    ):
        print("ports", model_servers.running()[0].port, door.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(sys.argv[1], "photoshop" in sys.argv))
