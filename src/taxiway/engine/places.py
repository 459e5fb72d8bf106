"""Where another machine is: the addresses that `on` takes, and what reaches them.

Whatever reaches a machine is a command that carries bytes by its standard input and output: the
system's ssh, or our own by TLS or to an actor on a cluster.
"""

import contextlib
import re
import shlex
import sys
from typing import NamedTuple
from urllib.parse import urlsplit

from taxiway.core.errors import InvalidArgument
from taxiway.engine.cluster.address import Cluster, is_cluster

CONNECT_SECONDS = 15
PATIENCE = 2.0 * CONNECT_SECONDS
"""Seconds until a way that is there must have led to a worker."""
ALIVE_SECONDS, MISSED = 1, 2
"""How often a way is tried that is silent, and how often in vain before it counts as broken."""
OPTIONS = (
    "-T",
    *("-o", "BatchMode=yes"),  # nobody is there to type a password
    *("-o", f"ConnectTimeout={CONNECT_SECONDS}"),
    *("-o", f"ServerAliveInterval={ALIVE_SECONDS}"),
    *("-o", f"ServerAliveCountMax={MISSED}"),
    *("-o", "IPQoS=lowdelay"),
)
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9a-fA-F:.]{2,45}")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
COMMAND = re.compile(r"[\w./ ~-]+")
PIN = re.compile(r"sha256:[0-9a-f]{64}")
WEEK = 7 * 24 * 3600.0


class SshPlace(NamedTuple):
    """`ssh://[user@]host[:port][/path/of/taxiway]`."""

    host: str
    user: str
    port: int | None
    command: str

    @property
    def patience(self) -> float:
        """Seconds that a way there may take to be made."""
        return PATIENCE

    def line(self) -> list[str]:
        """What starts a worker there. No part can be taken for an option of ssh."""
        port = ["-p", str(self.port)] if self.port else []
        user = ["-l", self.user] if self.user else []
        command = f"{shlex.quote(self.command)} worker"
        return ["ssh", *OPTIONS, *port, *user, "--", self.host, command]


class TlsPlace(NamedTuple):
    """`tls://host:port#sha256:...`, with the fingerprint of the certificate that is there."""

    host: str
    port: int
    pin: str

    @property
    def address(self) -> str:
        """It, as it was given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tls://{host}:{self.port}#{self.pin}"

    @property
    def patience(self) -> float:
        """Seconds that a way there may take to be made."""
        return PATIENCE

    def line(self) -> list[str]:
        """What leads to a worker there."""
        return [sys.executable, "-m", "taxiway", "worker", "--connect", self.address]


class ClusterPlace(NamedTuple):
    """A machine of a Ray cluster, which one Ray says: `ray` or `ray://host:port`, and a share.

    `session` is what the worker there is found by again, `name` the work's own, which is done where
    it was done before if that machine is still there.
    """

    address: str
    session: str
    name: str

    @property
    def host(self) -> str:
        """What people call it."""
        return Cluster.of(self.address).words

    @property
    def patience(self) -> float:
        """Seconds that a way there may take to be made: it waits for room, and says so."""
        return WEEK

    def line(self) -> list[str]:
        """What leads to a worker there."""
        words = ["--connect", self.address, "--session", self.session, "--name", self.name]
        return [sys.executable, "-m", "taxiway", "worker", *words]


Place = SshPlace | TlsPlace | ClusterPlace


def place_of(address: str, session: str = "", name: str = "") -> Place:
    """The parts of an address. Raises InvalidArgument for any other text.

    Of a cluster it is where a job goes, which takes one machine; models go there by themselves.
    """
    if is_cluster(address):
        if Cluster.of(address).most != 1:
            raise InvalidArgument(
                "A job takes one machine of a cluster; leave 'replicas' out.", "on"
            )
        return ClusterPlace(address, session, name)
    with contextlib.suppress(ValueError):
        url = urlsplit(address)
        host, user, port = url.hostname or "", url.username or "", url.port
        if HOST.fullmatch(host) and not url.query:
            if url.scheme == "tls" and PIN.fullmatch(url.fragment) and port and not url.path:
                return TlsPlace(host, port, url.fragment)
            command = url.path or "taxiway"
            is_plain = COMMAND.fullmatch(command) and (not user or USER.fullmatch(user))
            if url.scheme == "ssh" and is_plain:
                return SshPlace(host, user, port, command)
    raise InvalidArgument(
        f"'on' takes ssh://user@host, with :port and /path/of/taxiway if need be, or "
        f"tls://host:port#sha256:..., got {address[:80]!r}.",
        "on",
    )
