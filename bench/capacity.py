"""What one answer of a hosted model costs: processor time, bytes, memory; for docs/capacity.md.

    python bench/capacity.py [SECONDS [MODEL ...]]

`taxiway host serve` runs as a person starts it, and eight clients ask it for other pictures for so
long. Processor time is that of the server and of the model's process, which a busy machine
stretches little, where the clock would be stretched by all that runs beside.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

CLIENTS = 8
TAXIWAY = [sys.executable, "-m", "taxiway", "host"]
MODELS = ("rainbow", "painter", "depth", "landscape", "writer", "detector")
PICTURE = {"depth": "image", "landscape": "semantic_map", "detector": "image"}


def serve(folder: Path, models: list[str]) -> tuple["subprocess.Popen[str]", str]:
    """A server that hosts these, and its address."""
    for model in models:
        words = ["create", model, "--model", model, "--public", "--data", str(folder)]
        subprocess.run([*TAXIWAY, *words], check=True, stdout=subprocess.DEVNULL)
    command = [*TAXIWAY, "serve", "--port", "0", "--awake", "1", "--data", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"Hosting at (\S+)", line):
            return process, found[1]
    raise SystemExit("The server did not start.")


def used(process: psutil.Process) -> dict[int, float]:
    """Seconds of processor time of a process and all below it."""
    family = [process, *process.children(recursive=True)]
    return {each.pid: sum(each.cpu_times()[:2]) for each in family}


async def asked(url: str, model: str, seconds: float) -> tuple[int, int]:
    """How many answers there were in that time, and how many bytes."""
    answers, size, end = 0, 0, time.monotonic() + seconds

    async def client(number: int, http: httpx.AsyncClient) -> None:
        nonlocal answers, size
        seed = number
        while time.monotonic() < end:
            seed += CLIENTS
            answer = await http.post(f"{url}/{model}/v1/query", json=body(model, seed))
            answer.raise_for_status()
            answers, size = answers + 1, size + len(answer.content)

    async with httpx.AsyncClient(timeout=120) as http:
        await asyncio.gather(*(client(number, http) for number in range(CLIENTS)))
    return answers, size


given: dict[str, str] = {}


def body(model: str, seed: int) -> dict[str, object]:
    """Inputs of a question: a seed, or the picture that was taken for the model."""
    if model in given:
        return {PICTURE[model]: given[model]}
    return {"prompt": "The sea", "seed": seed} if model == "writer" else {"seed": seed}


async def measured(
    url: str, model: str, seconds: float, server: psutil.Process
) -> dict[str, object]:
    async with httpx.AsyncClient(timeout=120) as http:
        if model in PICTURE:
            info = (await http.get(f"{url}/{model}/v1/info")).json()
            fields = {field["name"]: field for field in info["inputs"]}
            field = fields.get(PICTURE[model]) or next(iter(fields.values()))
            PICTURE[model] = field["name"]
            if field.get("default"):
                given[model] = field["default"]
            else:
                answer = await http.post(f"{url}/painter/v1/query", json={"seed": 7, "size": 512})
                given[model] = answer.json()["image"]
    await asked(url, model, 3)
    before = used(server)
    answers, size = await asked(url, model, seconds)
    after = used(server)
    cost = {pid: after[pid] - before.get(pid, 0.0) for pid in after}
    memory = max(psutil.Process(pid).memory_info().rss for pid in after)
    total = sum(cost.values())
    return {
        "model": model,
        "answers": answers,
        "cpu_ms": round(1000 * total / answers, 1),
        "server_ms": round(1000 * cost[server.pid] / answers, 2),
        "kB": round(size / answers / 1000, 1),
        "worker_MB": round(memory / 1e6),
        "per_core_second": round(answers / total, 1),
    }


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    models = sys.argv[2:] or list(MODELS)
    with tempfile.TemporaryDirectory() as folder:
        process, url = serve(Path(folder), sorted({*models, "painter"}))
        try:
            for model in models:
                server = psutil.Process(process.pid)
                print(json.dumps(asyncio.run(measured(url, model, seconds, server))), flush=True)
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
