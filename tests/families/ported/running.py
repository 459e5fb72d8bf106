"""Starts ports as servers of their own, the way a person does."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from taxiway.compat import SDK as SDK_FOLDER

PORTS = Path(__file__).parent / "ports"
PYTHON = os.environ.get("PORT_PYTHON", sys.executable)
"""Another one to try the ports in: the oldest that Runway had is 3.6."""
SDK = str(SDK_FOLDER)


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": SDK, "PYTHONUNBUFFERED": "1", **variables}


def run(program: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a port to its end."""
    return subprocess.run(
        [PYTHON, program],
        env=environment(**{"RW_PORT": "0", **variables}),
        capture_output=True,
        text=True,
        timeout=60,
    )


class Serving:
    """One port that serves: `url`, what it printed so far, and requests to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.printed.append(line.rstrip("\n"))
            if found := re.search(r"at (http://\S+)\.\.\.", line):
                self.url = found[1]
                break
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=60)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return self.client.post(path, json=body, **more)

    def ask(self, path: str, body: Any, **more: Any) -> Any:
        """The outputs of a command that must succeed."""
        answer = self.post(path, body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextlib.contextmanager
def serving(
    program: Path | str,
    folder: Path | None = None,
    stdin: int = subprocess.DEVNULL,
    **variables: str,
) -> Iterator[Serving]:
    """A port that serves until the block ends."""
    process = subprocess.Popen(
        [PYTHON, PORTS / program],
        env=environment(**{"RW_PORT": "0", **variables}),
        cwd=folder,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        served = Serving(process)
        with served.client:
            yield served
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
