"""A server as a service runs it: JSON logs, names of requests up to the worker, an end in order."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

TESTS = Path(__file__).parents[1]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@POSIX
async def test_a_service_logs_json_names_requests_and_ends_what_it_began(tmp_path: Path) -> None:
    ports = ["--port", "0", "--socketio-port", "off", "--osc-port", "off", "--hub-port", "off"]
    watched = ["--log", "json", "--stop-seconds", "20"]
    command = [sys.executable, "-m", "taxiway", "run", "toys:Troubled", "--no-browser"]
    path = os.pathsep.join([str(TESTS), *sys.path])
    process = subprocess.Popen(
        [*command, *ports, *watched],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "TAXIWAY_DATA": str(tmp_path)},
    )
    assert process.stderr is not None
    heard: list[dict[str, Any]] = []

    async def until(words: str) -> dict[str, Any]:
        while not any(words in line["message"] for line in heard):
            line = await asyncio.to_thread(process.stderr.readline)
            assert line, heard
            heard.append(json.loads(line))
        return next(line for line in heard if words in line["message"])

    said = await until(" at http://")
    found = re.search(r"http://\S+", said["message"])
    assert found is not None
    async with httpx.AsyncClient(base_url=found[0], timeout=60) as client:
        await until("is running")
        assert (await client.get("/readyz")).json() == {"status": "ready", "state": "running"}
        named = {"X-Request-Id": "class-7"}
        failed = await client.post("/query", json={"what": "fail"}, headers=named)
        assert failed.headers["x-request-id"] == "class-7"
        in_worker = await until("The model failed in 'do', request class-7")
        assert (in_worker["request"], in_worker["logger"]) == ("class-7", "taxiway.worker")
        assert "no such luck" in in_worker["exception"]
        line = await until("POST /query 500")
        assert (line["request"], line["status"]) == ("class-7", 500)
        held = tmp_path / "held"
        slow = asyncio.create_task(client.post("/query", json={"what": f"hold {held}"}))
        while not held.exists():
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        await until("Stopping.")
        held.unlink()
        assert (await slow).json() == {"said": "batch of 1"}
    printed, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0
    assert printed == ""
