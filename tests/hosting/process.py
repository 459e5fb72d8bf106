"""`taxiway host serve` in a process of its own, and the command line beside it in ours."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from command_line import Done, in_a_process, taxiway

TAXIWAY = [sys.executable, "-m", "taxiway", "host"]


class Hosting:
    """A data folder, with a server or without. `said` is what the server printed until it ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.said = ""
        self.process: subprocess.Popen[str] | None = None

    def host(self, *arguments: object) -> str:
        """What `taxiway host ...` prints; it must succeed."""
        done = self.tried(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tried(self, *arguments: object) -> Done | subprocess.CompletedProcess[str]:
        if arguments[0] == "serve":  # which listens to signals, as only a main thread can
            return in_a_process("host", *arguments, TAXIWAY_DATA=str(self.folder))
        # In a thread, since a browser's loop runs beside its tests, and no second one in a thread.
        with ThreadPoolExecutor(1) as beside:
            data = str(self.folder)
            return beside.submit(taxiway, "host", *arguments, TAXIWAY_DATA=data).result()

    def token(self, *arguments: object) -> str:
        """The token that `taxiway host ...` shows this once."""
        found = re.search(r"tw_\S+", self.host(*arguments))
        assert found is not None
        return found[0]

    def serve(self, *arguments: str, port: int = 0) -> None:
        """Start a server and wait until it listens."""
        command = [*TAXIWAY, "serve", "--port", str(port), *arguments]
        self.process = subprocess.Popen(
            command,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Hosting at" in line:
                self.url = line.split()[2]
                return
        raise AssertionError(f"The server ended: {self.said}")

    def stop(self) -> str:
        """End the server as Ctrl-C does; what it said meanwhile."""
        assert self.process is not None
        self.process.terminate()
        said, _ = self.process.communicate(timeout=60)
        self.process = None
        return said

    def kill(self) -> None:
        """End the server as a power cut or the system's memory guard does."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()
        self.process = None

    def ask(self, model: str, token: str | None = None, **inputs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.url}/{model}/v1/query"
        return httpx.post(url, json=inputs, headers=headers, timeout=60)

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(sys.path)
        return {**os.environ, "TAXIWAY_DATA": str(self.folder), "PYTHONPATH": path}


@contextlib.contextmanager
def hosting(folder: Path) -> Iterator[Hosting]:
    """A data folder whose server, if one runs, is ended with the block."""
    host = Hosting(folder)
    try:
        yield host
    finally:
        if host.process is not None:
            host.kill()
