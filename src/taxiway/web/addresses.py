"""By which addresses and names other machines reach this one."""

import contextlib
import socket
from functools import cache

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = ("0.0.0.0", "::")
"""Hosts that stand for every address of the machine."""
# Documentation addresses: nothing is sent, the system only says from where it would be.
ELSEWHERE = {socket.AF_INET: "192.0.2.255", socket.AF_INET6: "2001:db8::1"}


@cache
def own_names() -> frozenset[str]:
    """What this machine is called, also by neighbours who find it without a name server."""
    name = socket.gethostname().lower().removesuffix(".")
    return frozenset({name, f"{name.partition('.')[0]}.local"} - {"", ".local"})


def own_address() -> str | None:
    """The address at which the network reaches this machine, IPv4 first; None without a network."""
    for family, elsewhere in ELSEWHERE.items():
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            return str(probe.getsockname()[0])
    return None


def elsewhere(host: str, port: int, scheme: str = "http") -> str | None:
    """What to type on another device, where `host` lets any in and there is a network."""
    if host in LOOPBACK:
        return None
    address = own_address() if host in ANY else host
    return None if address is None else url(address, port, scheme)


def bare(host: str) -> str:
    """A host without the brackets in which addresses of pages have one of IPv6."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def url(host: str, port: int, scheme: str = "http") -> str:
    """An address to type."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
