"""Who reaches a cluster's ports by `deploy/cluster.nft`: two network namespaces on a cable."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy_files import DEPLOY
from taxiway.engine.cluster import machines

NEEDED = ("nft", "ip", "nsenter")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or any(not shutil.which(each) for each in NEEDED) or os.getuid() != 0,
    reason=f"needs {', '.join(NEEDED)}, and root",
)
BOX, OTHER = f"twbox{os.getpid()}", f"twother{os.getpid()}"
LISTENS = """
import socket, sys
own = [socket.create_server(("0.0.0.0", int(port))) for port in sys.argv[1:]]
print("listens", flush=True)
sys.stdin.read()
"""
TRIES = """
import socket, sys
source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    socket.create_connection((target, port), 0.7, (source, 0)).close()
    print("reached")
except TimeoutError:
    print("dropped")
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def cable() -> Iterator[None]:
    """A box at 192.168.1.10 and 10.9.9.10, another machine at 192.168.1.11 and 10.9.9.11."""
    with contextlib.ExitStack() as made:
        for name in (BOX, OTHER):
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError:
                pytest.skip("no network namespaces here")
            made.callback(ip, "netns", "del", name)
        ip("link", "add", "cable", "netns", BOX, "type", "veth", "peer", "cable", "netns", OTHER)
        for name, last in ((BOX, 10), (OTHER, 11)):
            for network in ("192.168.1", "10.9.9"):
                ip("-n", name, "addr", "add", f"{network}.{last}/24", "dev", "cable")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "cable", "up")
        yield


def within(name: str, *words: str) -> list[str]:
    return ["ip", "netns", "exec", name, *words]


def test_only_its_network_reaches_a_cluster(cable: None) -> None:
    rules = within(BOX, "nft", "-f", str(DEPLOY / "cluster.nft"))
    for _ in range(2):  # again after a change
        subprocess.run(rules, check=True, capture_output=True)
    port = 6379
    last = port + len(machines.PORTS) + len(machines.METRICS) + machines.WORKER_PORTS
    assert f"{port}-{last}," in (DEPLOY / "cluster.nft").read_text("utf-8")
    assert str(last) in machines.Node(host="10.0.0.1", folder=DEPLOY).said()
    ports = [str(each) for each in (port, last, 40000, 8000)]
    listening = subprocess.Popen(
        within(BOX, sys.executable, "-c", LISTENS, *ports),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == "listens\n"
        said = {}
        for network in ("192.168.1", "10.9.9"):
            for each in ports:
                line = [sys.executable, "-c", TRIES, f"{network}.11", f"{network}.10", each]
                tried = subprocess.run(within(OTHER, *line), capture_output=True, text=True)
                said[network, int(each)] = tried.stdout.strip() or tried.stderr
        assert listening.stdin is not None
        listening.stdin.close()
    inside = {said["192.168.1", int(each)] for each in ports}
    outside = [said["10.9.9", int(each)] for each in ports]
    assert inside == {"reached"}
    assert outside == ["dropped", "dropped", "dropped", "reached"]
