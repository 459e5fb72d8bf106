"""`taxiway remote`: other machines that models can run on, reached by ssh or TLS."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HELP = "name other machines, to run models there: taxiway run MODEL --on NAME"


def arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", required=True, metavar="add|list|test|remove")
    add = parts.add_parser("add", help="name a machine")
    add.add_argument("name", help="what it is to be called")
    add.add_argument(
        "address",
        help="ssh://user@host, with :port and /path/of/taxiway if need be; or ray://...; or "
        "tls://host:port#sha256:..., as taxiway worker --listen says it there",
    )
    add.add_argument(
        "--secret", type=Path, metavar="FILE", help="a file with the secret of a machine by TLS"
    )
    parts.add_parser("list", help="say which there are")
    for name, what in (("test", "reach it, and run a small model there"), ("remove", "forget it")):
        parts.add_parser(name, help=what).add_argument("name", help="a machine with a name")


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import remotes

    if parsed.part == "add":
        add(parsed.name, parsed.address, parsed.secret)
        print(f"'{parsed.name}' is {parsed.address}. Try it: taxiway remote test {parsed.name}")
    elif parsed.part == "list":
        for name, address in remotes.remotes().items():
            print(f"{name}  {address}")
        if not remotes.remotes():
            print("No machine has a name yet; add one: taxiway remote add NAME ssh://user@host.")
    elif parsed.part == "remove":
        remotes.forget(parsed.name)
        print(f"'{parsed.name}' is forgotten.")
    else:
        import asyncio

        print(asyncio.run(tried(remotes.address_of(parsed.name))))


def add(name: str, address: str, secret: Path | None) -> None:
    """Name a machine. Raises InvalidArgument."""
    from taxiway.catalog import remotes
    from taxiway.core.errors import InvalidArgument
    from taxiway.engine.executor import check_machine

    try:
        check_machine(address)
    except InvalidArgument as error:
        raise InvalidArgument(str(error).replace("'on' takes", "An address is")) from None
    is_tls = address.startswith("tls:")
    given = asked(secret) if is_tls else ""
    remotes.keep(name, address)
    if is_tls:
        remotes.keep_secret(address, given)


def asked(file: Path | None) -> str:
    """The secret from a file, the terminal or standard input. Raises InvalidArgument."""
    import getpass
    import sys

    from taxiway.core.errors import InvalidArgument

    if file is not None:
        secret = file.read_text("utf-8")
    elif sys.stdin.isatty():
        secret = getpass.getpass("Its secret: ")
    else:
        secret = sys.stdin.readline()
    if not secret.strip():
        raise InvalidArgument("A machine by TLS has a secret; taxiway worker --listen says it.")
    return secret.strip()


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
        facts = engine.running["painter"].facts
    sentence = (
        f"It works: {facts['on']}; a picture of the painter came after {seconds * 1000:.0f} ms."
    )
    return " ".join([sentence, *thin_way(facts)])


def thin_way(facts: Mapping[str, Any]) -> list[str]:
    """What moves comes as where the way is thin, if it is a way."""
    from taxiway.core.extras import install_line

    if "has_video" not in facts:
        return []
    if facts["has_video"]:
        return ["Where the way is thin, what moves comes as H.264."]
    both = f"H.264 takes half as much and needs PyAV here and there: {install_line('video')}"
    return [f"Where the way is thin, what moves comes as smaller JPEG; {both}."]
