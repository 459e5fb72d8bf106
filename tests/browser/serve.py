"""Serve a model for a browser, `serve.py PORT FAMILY OPTIONS CONFIG`, until the input closes."""

import asyncio
import json
import sys
from typing import Any

from taxiway import app
from taxiway.catalog.catalog import Card
from taxiway.core.config import Config
from taxiway.jobs import process
from taxiway.web.listen import loop_factory


async def serve(port: int, family: str, options: dict[str, object], config: dict[str, Any]) -> None:
    card = Card(
        name="lantern",
        family=family,
        title="Lantern",
        summary="Lights up. Drawn, not learned.",
        licence="Apache-2.0",
        made="For tests.",
        limits="Gradients.",
    )
    async with app.serving(Config(port=port, **config), [card], options) as model_servers:
        print(f"at {model_servers.running()[0].port}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    process.NICENESS = 0  # a test waits for its job, and other tests run beside it
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2], *map(json.loads, sys.argv[3:])))
