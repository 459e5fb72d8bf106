"""Children ignore what is ours to decide, and end with us."""

import os
import signal
import subprocess
import sys
from multiprocessing.connection import Connection

import psutil
import pytest

from paths import TESTS
from taxiway.core import child

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and niceness of POSIX")


def report(theirs: Connection) -> None:
    """Say how this child is, then wait for a word."""
    ignored = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    theirs.send((ignored == [signal.SIG_IGN] * 2, os.getpriority(os.PRIO_PROCESS, 0)))
    theirs.recv()


def wait() -> None:
    """Say the process id, and stay."""
    print(os.getpid(), flush=True)
    signal.pause()


@posix
def test_a_child_ignores_signals_is_nice_and_ends_when_told() -> None:
    ours, theirs = child.CONTEXT.Pipe()
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    process = child.start(report, [theirs], name="child", nice=1)
    theirs.close()
    assert ours.recv() == (True, min(nice + 1, 19))
    os.kill(process.pid, signal.SIGTERM)
    ours.send("end")
    process.join(20)
    assert process.exitcode == 0
    with pytest.raises(EOFError):
        ours.recv()


def tell_environment(theirs: Connection) -> None:
    """Say what the environment has under two names."""
    theirs.send((os.environ.get("TAXIWAY_NEW"), os.environ.get("TAXIWAY_OLD")))


def test_a_child_has_the_environment_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_OLD", "1")
    for new, old in ((None, "1"), ("2", None)):
        ours, theirs = child.CONTEXT.Pipe()
        process = child.start(tell_environment, [theirs], name="child")
        theirs.close()
        assert ours.recv() == (new, old)
        process.join(20)
        ours.close()
        monkeypatch.setenv("TAXIWAY_NEW", "2")
        monkeypatch.delenv("TAXIWAY_OLD", raising=False)


@posix
def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    program = "from taxiway.core import child; import core.test_child as it, time; "
    program += "child.start(it.wait, name='child'); time.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
    )
    assert parent.stdout is not None
    process = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    process.wait(20)
