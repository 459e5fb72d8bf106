"""What running a model on another machine adds to a query: python bench/remote.py ssh://user@box

The same model here and there, asked in turns, so that both meet the same load. What is printed are
milliseconds beside those here; the way's round trip is what the greeting took.
"""

import argparse
import asyncio
import time
from statistics import median, quantiles

from msgspec.structs import replace

from taxiway.catalog import catalog
from taxiway.engine.engine import Engine


async def main(address: str, model: str, count: int) -> None:
    here = catalog.spec(catalog.card(model))
    there = replace(here, name="there", on=address)
    async with Engine() as engine:
        for spec in (here, there):
            await engine.start(spec)
            await engine.ready(spec.name)
        times: dict[str, list[float]] = {here.name: [], there.name: []}
        for seed in range(count):
            for name, taken in times.items():
                start = time.perf_counter()
                await engine.query(name, {"seed": seed})
                taken.append((time.perf_counter() - start) * 1000)
        print(engine.running["there"].facts["on"])
    for name, taken in times.items():
        print(f"{name}: p50 {median(taken):.1f} ms, p99 {quantiles(taken, n=100)[98]:.1f} ms")
    print(f"added at p50: {median(times['there']) - median(times[here.name]):.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--model", default="rainbow")
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    asyncio.run(main(given.address, given.model, given.count))
