"""`taxiway bench`: the pictures a second that this machine gives, and where the time goes."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

HELP = "measure the frame rate that this machine gives, where the time goes, what would help"
QUERIES = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    from taxiway.commands import number
    from taxiway.commands._tools import CHECKPOINT, DEVICE, DEVICES

    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help=CHECKPOINT)
    parser.add_argument("--device", default="auto", choices=DEVICES, help=DEVICE)
    parser.add_argument("--seconds", type=number(0), default=5.0, help="for so long (5)")
    parser.add_argument("--json", action="store_true", help="as JSON, for a program to read")


def run(parsed: argparse.Namespace) -> None:
    import asyncio
    import json
    from tempfile import TemporaryDirectory

    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.engine import preload
    from taxiway.jobs.worker import opened
    from taxiway.tools.bench import Bench, table

    card = catalog.choose(parsed.model, parsed.checkpoint)
    spec = catalog.spec(card, {"device": parsed.device})
    preload([])  # before there are threads
    inputs = Bench.command.decode({"seconds": parsed.seconds})
    with (
        TemporaryDirectory() as folder,
        ConsoleJob(Path(folder), card.name, begins_anew=True) as job,
    ):
        found = Bench().run(opened(Bench, spec), inputs, job)
    around = asyncio.run(around_ms(found["width"], found["height"]))
    found["around_ms"] = around
    found["query_ms"] = around + found["model_ms"] + found["jpeg_ms"]
    if parsed.json:
        print(json.dumps({"model": card.name, **found, "advice": found["advice"].splitlines()}))
    else:
        print(f"{card.name}:", *table(found), sep="\n")


async def around_ms(width: int, height: int) -> float:
    """What a query takes around the model and its JPEG, in milliseconds: the way through a server.

    Asked is one of our own whose model has its picture at hand, over one connection.
    """
    import asyncio
    import statistics
    import time

    from taxiway.core.config import Config
    from taxiway.core.images import encode_jpeg
    from taxiway.core.model import ModelSpec
    from taxiway.engine import Engine
    from taxiway.servers.http.routes import routes
    from taxiway.tools.bench import Still, least
    from taxiway.web.application import application
    from taxiway.web.listen import Listener

    options = {"width": width, "height": height}
    still = ModelSpec(name="still", family="taxiway.tools.bench:Still", options=options)
    config = Config(port=0)
    async with Engine() as engine:
        await engine.start(still)
        await engine.ready("still")
        async with Listener(application(routes(engine, lambda: "still"), config), config) as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            times = []
            for _ in range(QUERIES):
                began = time.perf_counter()
                await ask(reader, writer)
                times.append(time.perf_counter() - began)
            writer.close()
    model = Still()
    model.setup("cpu", options)
    jpeg = least(lambda: encode_jpeg(model.picture))
    return max(statistics.median(times) * 1000 - jpeg, 0.01)


async def ask(reader: "StreamReader", writer: "StreamWriter") -> None:
    """One query of 512 numbers, and its answer."""
    body = b'{"z": [' + b", ".join([b"-0.1234567890"] * 512) + b"]}"
    head = f"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(answer.lower().partition(b"content-length: ")[2].split()[0]))
