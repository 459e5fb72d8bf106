"""Ten minutes of everything at once: `bench/soak.py`, and what it must not find."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from paths import ROOT

SECONDS = 600
MOST_MB_A_MINUTE = 1.0
MOST_FILES_MORE = 8
PHASES_A_ROUND = 3
MOST_WAITED = 8
LOST = ("503 Service Unavailable", "died", "TimeoutError")
"""What a client may hear when the worker is killed under it."""


@pytest.mark.slow
@pytest.mark.timeout(2 * SECONDS)
def test_ten_minutes_of_floods_stalls_and_kills_stop_nothing_and_leak_nothing(
    tmp_path: Path,
) -> None:
    report = tmp_path / "soak.json"
    command = [sys.executable, str(ROOT / "bench" / "soak.py"), str(SECONDS), str(report)]
    subprocess.run(command, check=True, timeout=2 * SECONDS)
    found = json.loads(report.read_text())
    leaks = found["leaks"]
    assert leaks["mb_a_minute"] < MOST_MB_A_MINUTE
    assert leaks["files_end"] <= leaks["files_first"] + MOST_FILES_MORE
    assert found["kills"] > 10
    # Of how long things take a busy machine says nothing; that they go on it does, and how many
    # frames are drawn before one has a change in it: that on its way, and that in work.
    frames = found["frames"]
    assert frames["phases"] == PHASES_A_ROUND * found["kills"]
    assert frames["waited_p99"] <= MOST_WAITED
    assert all(each["answers"] > 0 for each in found["latencies"].values())
    assert all(any(said in error for said in LOST) for error in found["errors"])
