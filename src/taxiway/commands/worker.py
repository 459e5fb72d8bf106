"""`taxiway worker`: a model for another Taxiway, which starts this by ssh or comes by TLS."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.engine.places import ClusterPlace

HELP = "run a model for another machine, which starts this by ssh: taxiway run MODEL --on BOX"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "It speaks by standard input and output, and ends with the other side."
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--listen", metavar="[HOST:]PORT",
        help="wait for those that come by TLS with this machine's secret; 0.0.0.0:PORT lets in "
        "those of other machines",
    )  # fmt: skip
    which.add_argument(
        "--connect", metavar="ADDRESS",
        help="be the way to a worker at tls://host:port#sha256:..., or on a cluster, ray://host:port",
    )  # fmt: skip
    for name in ("session", "name"):  # what is begun on a cluster is found again by them
        parser.add_argument(f"--{name}", default="", help=argparse.SUPPRESS)


def run(parsed: argparse.Namespace) -> int | None:
    if parsed.listen:
        import asyncio
        import contextlib

        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(listen(*host_and_port(parsed.listen)))
    elif parsed.connect:
        return connect(parsed.connect, parsed.session, parsed.name)
    else:
        from taxiway.engine.threshold import serve

        serve(carried)
    return None


def carried() -> Path:
    """Where files that came along are kept."""
    from taxiway.catalog.folder import data_path

    return data_path() / "carried"


def connect(address: str, session: str = "", name: str = "") -> int:
    """Carry bytes to a worker by TLS, or to one on a cluster."""
    from taxiway.catalog.remotes import secret_of
    from taxiway.core.errors import InvalidArgument
    from taxiway.engine.places import ClusterPlace, TlsPlace, place_of
    from taxiway.engine.tls_way import carried

    place = place_of(address, session, name)
    if isinstance(place, ClusterPlace):
        return to_cluster(place)
    if not isinstance(place, TlsPlace):
        raise InvalidArgument(f"--connect takes tls://host:port#sha256:..., got '{address}'.")
    return carried(place, secret_of(address))


def to_cluster(place: "ClusterPlace") -> int:
    """Carry bytes to a worker on a cluster. Raises MissingDependency or ModelFailed."""
    from taxiway.core.extras import need
    from taxiway.engine.cluster.way import carried
    from taxiway.engine.remote_worker import plain

    need("ray", "A job on a cluster")
    for name in (place.session, place.name):
        plain(name)
    return carried(place)


def host_and_port(text: str) -> tuple[str, int]:
    """Where to listen; on this machine alone unless a host is named. Raises InvalidArgument."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.web.addresses import bare

    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise InvalidArgument(f"--listen takes a port, or a host and a port, got '{text}'.")
    return bare(host or "127.0.0.1"), int(port)


async def listen(host: str, port: int) -> None:
    """Let in whoever has the secret, until this is ended."""
    import asyncio
    import sys

    from taxiway.catalog.folder import data_path
    from taxiway.core.errors import InvalidArgument
    from taxiway.engine.tls_way import Door, identity

    own = identity(data_path() / "worker")
    command = [sys.executable, "-m", "taxiway", "worker"]
    try:
        async with Door(own, command).open(host, port) as port:
            print(f"Listening on {host}:{port}. On the other machine, with this one for HOST:")
            print(f"taxiway remote add NAME 'tls://HOST:{port}#{own.pin}'")
            print(f"It asks for the secret, which is {own.secret}", flush=True)
            await asyncio.Event().wait()
    except OSError as error:
        raise InvalidArgument(f"{host}:{port}: {error.strerror or error}.") from None
