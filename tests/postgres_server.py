"""A real PostgreSQL, as Debian has it, for the tests that are marked `postgres`."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

NEEDED = "needs PostgreSQL (apt-get install postgresql) and psycopg (the extra 'postgres')"
FOR_TESTS = "fsync=off full_page_writes=off"
"""A killed server loses nothing by these, a machine without power would."""
numbers = count()


def programs() -> Path | None:
    """Where `initdb` and `postgres` are; Debian keeps them out of the way."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


class Server:
    """A server with a socket file only, which may be killed and started again."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs
        # It refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder / "data"), "-U", "taxiway", "-A", "trust", "-N")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, and take connections."""
        settings = [f"-c{pair}" for pair in FOR_TESTS.split()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder,
                 "-clisten_addresses=", "-cmax_connections=50", *settings],
                stdout=subprocess.DEVNULL, stderr=log, user=self._user,
            )  # fmt: skip
        ready = [self._programs / "pg_isready", "-q", "-t1", "-h", self.folder]
        while subprocess.run(ready, check=False).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()

    def kill(self) -> None:
        """End it and all its processes as a crash does."""
        import psutil

        assert self.process is not None
        family = psutil.Process(self.process.pid).children(recursive=True)
        for process in (self.process, *family):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=60)
        self.process.wait()

    def address(self) -> str:
        """A place of its own, empty, for one test."""
        import psycopg

        at, place = f"host={self.folder} user=taxiway dbname=postgres", f"test{next(numbers)}"
        with psycopg.connect(at, autocommit=True) as sql:
            sql.execute(f"CREATE SCHEMA {place}".encode())
        return f"{at} options='-c search_path={place}'"

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, user=self._user)


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server within the block; without one a test is skipped by name, and fails in CI."""
    found = programs()
    try:
        import psycopg  # noqa: F401
    except ImportError:
        found = None
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NEEDED)
    folder = Path(tempfile.mkdtemp(prefix="taxiway-pg-"))
    server = Server(folder, found)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
