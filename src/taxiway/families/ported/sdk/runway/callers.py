"""Who asks: by what name, from which machine, from which page."""

import ipaddress
import socket
from typing import Any, Dict, List, Optional
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine and no other can reach it."""
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_known(hosts: List[str], loopback: bool) -> bool:
    """Whether a request's Host headers name this server once.

    A web page may give its own name the address of this machine (DNS rebinding); an address or
    this machine's name it cannot claim.
    """
    if len(hosts) != 1:
        return False
    name = (urlsplit(f"//{hosts[0]}").hostname or "") if " " not in hosts[0] else ""
    if is_loopback(name):
        return True
    if loopback:
        return False
    return name == socket.gethostname().lower() or _is_address(name)


def at_home(address: str, origin: Optional[str]) -> bool:
    """Whether a program of this machine asks, or a page that this machine served."""
    if not is_loopback(address.replace("::ffff:", "")):
        return False
    return origin is None or is_loopback(urlsplit(origin).hostname or "")


def told(answer: Dict[str, Any], home: bool) -> Dict[str, Any]:
    """An error's answer; of its traceback, which names files, only the kind for foreigners."""
    if home or "traceback" not in answer:
        return answer
    kinds = [line.partition(":")[0] for line in answer["traceback"][-1:]]
    return {**answer, "traceback": kinds}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
