"""`taxiway remote`: other machines that models can run on, reached by ssh."""

import argparse

HELP = "name other machines, to run models there: taxiway run MODEL --on NAME"


def arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", required=True, metavar="add|list|test|remove")
    add = parts.add_parser("add", help="name a machine")
    add.add_argument("name")
    add.add_argument(
        "address", help="ssh://user@host, with :port and /path/of/taxiway; or ray://..."
    )
    parts.add_parser("list", help="say which there are")
    for name, what in (("test", "reach it, and run a small model there"), ("remove", "forget it")):
        parts.add_parser(name, help=what).add_argument("name")


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import remotes
    from taxiway.engine.cluster.address import Cluster, is_cluster
    from taxiway.engine.executors.remote import Place

    if parsed.part == "add":
        (Cluster if is_cluster(parsed.address) else Place).of(parsed.address)
        remotes.keep(parsed.name, parsed.address)
        print(f"'{parsed.name}' is {parsed.address}. Try it: taxiway remote test {parsed.name}")
    elif parsed.part == "list":
        for name, address in remotes.remotes().items():
            print(f"{name}  {address}")
    elif parsed.part == "remove":
        remotes.forget(parsed.name)
        print(f"'{parsed.name}' is forgotten.")
    else:
        import asyncio

        print(asyncio.run(tried(remotes.address_of(parsed.name))))


async def tried(address: str) -> str:
    """How long a picture of the painter takes over there. Raises Unavailable with the reason."""
    import time

    from taxiway.core.model import ModelSpec
    from taxiway.engine.engine import Engine

    async with Engine() as engine:
        await engine.start(ModelSpec(name="painter", family="painter", on=address))
        await engine.ready("painter")
        start = time.perf_counter()
        await engine.query("painter", {"seed": 1})
        seconds = time.perf_counter() - start
        on = engine.running["painter"].facts["on"]
    return f"It works: {on}; a picture of the painter came after {seconds * 1000:.0f} ms."
