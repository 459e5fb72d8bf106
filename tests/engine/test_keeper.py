"""What holds a model on another machine hears all that is said to it."""

import secrets
import socket
import subprocess
import sys

import msgspec
import pytest

from taxiway.core.model import ModelSpec
from taxiway.engine.lasting import BYE, PING, Hello, Ledger, Welcome
from taxiway.engine.pipe import WorkersEnd, framed
from taxiway.engine.remote_worker import luggage
from taxiway.engine.threshold import GREETING

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")
WORKER = (sys.executable, "-m", "taxiway", "worker")


def test_what_follows_the_files_at_once_is_heard_too() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    with subprocess.Popen(WORKER, stdin=theirs, stdout=theirs) as way, ours:
        theirs.close()
        pipe, ledger = WorkersEnd(ours), Ledger()
        pipe.find(GREETING)
        pipe.find(b"\n")
        pipe.send(Hello(secrets.token_hex(16)).packed())
        assert Welcome.of(pipe.receive()).heard == 0
        pipe.send(msgspec.msgpack.encode(luggage(ModelSpec(name="toy", family="toys:Gradient"))[0]))
        pipe.receive()  # no file is missing
        ours.sendall(framed(b"") + framed(ledger.out(PING)) + framed(ledger.out(PING)))
        while ledger.taken(pipe.receive()) != PING:
            pass
        while ledger.kept_bytes:  # until both are said to be heard
            ledger.taken(pipe.receive())
        pipe.send(ledger.out(BYE))
        ours.close()
        assert way.wait(30) == 0
