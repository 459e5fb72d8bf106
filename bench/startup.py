"""How long a person waits: `--help`, process start to `/healthz`, to the first picture."""

import re
import resource
import subprocess
import sys
import time
import urllib.request
from statistics import median

ROUNDS = 5


def cpu_of_help() -> float:
    """CPU seconds of `taxiway --help`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "taxiway", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def waits(model: str) -> tuple[float, float]:
    """Wall seconds from process start to an answer of /healthz and of /generate.png."""
    command = [sys.executable, "-m", "taxiway", "run", model, "--no-browser", "--port", "0"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                break
        else:
            raise SystemExit(f"{model} did not start")
        urllib.request.urlopen(f"{found[0]}/healthz").read()
        health = time.perf_counter() - began
        urllib.request.urlopen(f"{found[0]}/generate.png?seed=1").read()
        return health, time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


def main() -> None:
    """Print medians."""
    print(f"taxiway --help          {median(cpu_of_help() for _ in range(ROUNDS)):6.3f} s CPU")
    for model in sys.argv[1:] or ("painter", "rainbow"):
        health, picture = zip(*(waits(model) for _ in range(ROUNDS)), strict=True)
        print(f"{model:8} to /healthz     {median(health):6.2f} s")
        print(f"{model:8} to first picture{median(picture):6.2f} s")


if __name__ == "__main__":
    main()
