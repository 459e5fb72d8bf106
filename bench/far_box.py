"""A machine that is far away, made of this one: real TCP over packets that come late or not at all.

Two network namespaces have a TUN device each; a thread carries the packets between them, each after
half of the round trip, and drops some. So ssh, TLS and the kernel's TCP meet loss as they do on a
real way, which a proxy of bytes does not show. Linux, as root.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

HERE, THERE = "10.99.0.1", "10.99.0.2"
SSH_PORT, TLS_PORT = 2222, 4433
NEW_NET, TUNSETIFF, TUN_WITHOUT_HEADER = 0x40000000, 0x400454CA, 0x1001
MOST_QUEUED = 0.2
"""Seconds of packets that a way with a rate keeps before it drops them."""


class FarBox(NamedTuple):
    """Its two addresses, and the way to it, which can be spoilt."""

    ssh: str
    tls: str
    way: "Way"


class Way:
    """Carries packets between two devices until it is closed."""

    def __init__(self, ends: tuple[int, int], seconds: float, loss: float, mbit: float) -> None:
        self.bytes_back = 0
        self._ends, self._one_way, self._loss, self._mbit = ends, seconds / 2, loss, mbit
        self._dice = random.Random(1)
        self._free_at = [0.0, 0.0]
        self._seen, self._dead = set[int](), set[int]()
        self._late: list[tuple[float, int, int, bytes]] = []
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self, ports: set[int] | None = None) -> None:
        """Nothing comes any more over what is open now, or from these ports here of it, and nobody
        is told; what is new works."""
        self._dead |= self._seen if ports is None else ports

    def close(self) -> None:
        self._is_closed = True
        self._thread.join()
        for end in self._ends:
            os.close(end)

    def _run(self) -> None:
        number = 0
        while not self._is_closed:
            wait = self._late[0][0] - time.perf_counter() if self._late else 0.1
            for end in select.select(self._ends, [], [], max(0.0, min(wait, 0.1)))[0]:
                number += 1
                self._take(self._ends.index(end), number, os.read(end, 2048))
            while self._late and self._late[0][0] <= time.perf_counter():
                _, _, to, packet = heapq.heappop(self._late)
                with suppress(OSError):
                    os.write(self._ends[to], packet)

    def _take(self, of: int, number: int, packet: bytes) -> None:
        now = time.perf_counter()
        self.bytes_back += len(packet) * of
        lost = self._dice.random() < self._loss or self._is_dead(of, packet)
        leaves = max(now, self._free_at[of])
        if lost or leaves - now > MOST_QUEUED:
            return
        if self._mbit:
            leaves += len(packet) * 8 / (self._mbit * 1e6)
            self._free_at[of] = leaves
        heapq.heappush(self._late, (leaves + self._one_way, number, 1 - of, packet))

    def _is_dead(self, of: int, packet: bytes) -> bool:
        """Whether a packet is of a connection that was cut, which is told by the port here."""
        ports = struct.unpack_from(">HH", packet, 4 * (packet[0] & 15))
        self._seen.add(ports[of])
        return ports[of] in self._dead


def alone() -> None:
    """Give this thread, and what it starts, a network of its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NET):
        raise SystemExit(
            f"A network of its own: {os.strerror(ctypes.get_errno())}. Run it as root."
        )
    run("ip", "link", "set", "lo", "up")


def run(*line: str) -> None:
    """Run a command that has to succeed."""
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)


def device(name: str, own: str, other: str) -> int:
    """A TUN device in this thread's network; its file."""
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), TUN_WITHOUT_HEADER))
    run("ip", "addr", "add", own, "peer", other, "dev", name)
    run("ip", "link", "set", name, "up", "mtu", "1500")
    return end


class There:
    """What runs over there: a network, sshd, and a worker that listens for TLS."""

    def __init__(self, folder: Path, congestion: str) -> None:
        self._folder, self._congestion = folder, congestion
        self.processes: list[subprocess.Popen[str]] = []
        thread = threading.Thread(target=self._start)
        thread.start()
        thread.join()

    def _start(self) -> None:
        alone()
        self.end = device("far1", THERE, HERE)
        if self._congestion:
            run("ip", "route", "replace", HERE, "dev", "far1", "congctl", self._congestion)
        folder = self._folder
        for key in ("host", "user"):
            run("ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(folder / key))
        (folder / "taxiway").write_text(
            f"#!/bin/sh\nexport PYTHONPATH='{os.environ.get('PYTHONPATH', '')}'\n"
            f'TAXIWAY_DATA={folder}/there exec "{sys.executable}" -m taxiway "$@"\n'
        )
        (folder / "taxiway").chmod(0o755)
        Path("/run/sshd").mkdir(exist_ok=True)
        options = {"HostKey": folder / "host", "AuthorizedKeysFile": folder / "user.pub",
                   "StrictModes": "no", "ListenAddress": f"{THERE}:{SSH_PORT}",
                   "PidFile": "none"}  # fmt: skip
        given = [each for name, value in options.items() for each in ("-o", f"{name}={value}")]
        self.processes.append(
            subprocess.Popen(["/usr/sbin/sshd", "-Def", "/dev/null", *given], text=True,
                             stderr=(folder / "sshd.log").open("w"))
        )  # fmt: skip
        self.processes.append(
            subprocess.Popen([folder / "taxiway", "worker", "--listen", f"{THERE}:{TLS_PORT}"],
                             stdout=subprocess.PIPE, text=True)
        )  # fmt: skip

    def said(self) -> tuple[str, str]:
        """The TLS address and the secret, as `taxiway worker --listen` says them."""
        out = self.processes[1].stdout
        assert out is not None
        words = [out.readline().split() for _ in range(3)]
        return words[1][-1].strip("'").replace("HOST", THERE), words[2][-1]

    def stop(self) -> None:
        for process in self.processes:
            # Of a connection that was cut sshd hears for a quarter of an hour nothing.
            for session in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    session.kill()
            process.kill()
            process.wait()


@contextmanager
def far_box(
    milliseconds: float, loss: float = 0.0, mbit: float = 0.0, congestion: str = ""
) -> Iterator[FarBox]:
    """Such a machine; this thread is in a network of its own from here on.

    `loss` is the share of packets lost each way, `mbit` what the way carries each way in a second
    (0: as much as there is), `congestion` the kernel's way to share it over there.
    """
    from taxiway.catalog.remotes import keep_secret

    with ExitStack() as stack, tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        alone()
        here = device("far0", HERE, THERE)
        there = There(folder, congestion)
        stack.callback(there.stop)
        way = Way((here, there.end), milliseconds / 1000, loss, mbit)
        stack.callback(way.close)
        (folder / "ssh").write_text(
            f"#!/bin/sh\nexec /usr/bin/ssh -F none -i {folder}/user -o StrictHostKeyChecking=no "
            f'-o UserKnownHostsFile={folder}/known -o LogLevel=ERROR "$@"\n'
        )
        (folder / "ssh").chmod(0o755)
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        os.environ["TAXIWAY_DATA"] = f"{folder}/here"
        tls, secret = there.said()
        keep_secret(tls, secret)
        _wait_for_ssh()
        yield FarBox(f"ssh://root@{THERE}:{SSH_PORT}{folder}/taxiway", tls, way)


def _wait_for_ssh() -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection((THERE, SSH_PORT), 5):
            return
        time.sleep(0.1)
    raise SystemExit("sshd does not listen.")
