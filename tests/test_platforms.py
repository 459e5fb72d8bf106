"""Machines that are not a person's laptop: containers, other users, IPv6 alone, no language.

Each runs Taxiway in namespaces of its own (`unshare`), where the system lets us make them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from paths import ROOT

ASK = """
import json, os, sys, urllib.request
url = sys.argv[1].replace("localhost", os.environ.get("AT", "localhost")) + "/query"
body = json.dumps({"seed": 1, "size": 256, "format": "PNG"}).encode()
image = json.load(urllib.request.urlopen(urllib.request.Request(url, body), timeout=60))["image"]
print(image[:30])
"""
RUN = """
set -e
%s
"$PYTHON" -u -m taxiway run painter --no-browser --port 0 --socketio-port off --osc-port off \
    --hub-port off > "$OUT" 2>&1 &
server=$!
for _ in $(seq 600); do
    # Begun a moment ago it may not have opened its file yet.
    url=$(sed -n 's/.* at \\(http[^ ]*\\) .*/\\1/p' "$OUT" 2> /dev/null | head -1)
    [ -n "$url" ] && break
    kill -0 $server || { cat "$OUT"; exit 3; }
    sleep 0.1
done
"$PYTHON" -c "$ASK" "$url"
kill $server
wait $server
cat "$OUT"
"""
PLACES = {
    "64 MB of shared memory": ("-rm", "mount -t tmpfs -o size=64m tmpfs /dev/shm"),
    "64 kB of shared memory": ("-rm", "mount -t tmpfs -o size=64k tmpfs /dev/shm"),
    "shared memory that cannot be written": (
        "-rm", "mount -t tmpfs -o size=64m,ro tmpfs /dev/shm",
    ),
    "IPv6 alone": (
        "-rn",
        "ip link set lo up; ip -4 addr flush dev lo; export AT=[::1]; "
        "grep -q lo /proc/net/if_inet6 || { echo no IPv6 here; exit 77; }",
    ),
    "LANG=C": ("-r", "export LANG=C LC_ALL=C; unset PYTHONUTF8"),
    "a user without a name": ("-U --map-user=54321", ":"),
    "a root that cannot be written": (
        "-rm", 'mount -t tmpfs tmpfs /dev/shm; mount --bind "$DATA" "$DATA"; '
        "mount -o remount,bind,ro /",
    ),
}  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    given = {"PYTHON": sys.executable, "ASK": ASK, "DATA": str(folder), "OUT": str(folder / "out")}
    return {**os.environ, "PYTHONPATH": path, "TAXIWAY_DATA": str(folder), **given}


def in_place(flags: str, script: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a script in namespaces of its own; the test is skipped, by name, where it cannot be."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is missing; util-linux has it.")
    command = ["unshare", *flags.split(), "sh", "-c"]
    tried = subprocess.run([*command, ":"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"unshare {flags} is not permitted here: {tried.stderr.strip()}")
    return subprocess.run(
        [*command, script],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=110,
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_model_is_asked(place: str) -> None:
    flags, prepare = PLACES[place]
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # a socket's path has 107 letters
        made = in_place(flags, RUN % prepare, Path(short))
    if made.returncode == 77 or ("mount" in made.stderr and "ermission denied" in made.stderr):
        pytest.skip(f"There is no such place to be made here: {made.stdout}{made.stderr}".strip())
    assert "data:image/png;base64," in made.stdout, made.stdout + made.stderr
    assert "Traceback" not in made.stdout + made.stderr
    assert "died" not in made.stdout


def test_few_open_files_are_said(tmp_path: Path) -> None:
    made = in_place("-r", RUN % "ulimit -n 64", tmp_path)
    assert "data:image/png;base64," in made.stdout, made.stdout + made.stderr
    assert "Only 64 files and sockets may be open at once here" in made.stdout


def test_without_a_home_a_sentence_names_the_folder_to_give(tmp_path: Path) -> None:
    script = 'unset HOME TAXIWAY_DATA; "$PYTHON" -m taxiway host list'
    made = in_place("-U --map-user=54321", script, tmp_path)
    assert made.returncode != 0
    assert "TAXIWAY_DATA" in made.stderr
    assert "Traceback" not in made.stderr


def test_without_a_home_a_model_runs(tmp_path: Path) -> None:
    made = in_place("-U --map-user=54321", RUN % "unset HOME TAXIWAY_DATA; cd /", tmp_path)
    assert "data:image/png;base64," in made.stdout, made.stdout + made.stderr
    assert "TAXIWAY_DATA" in made.stdout
    assert not Path("/~").exists()
