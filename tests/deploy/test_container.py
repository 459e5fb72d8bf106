"""The container: built from its file by buildah, and run as an engine runs it, by hand.

No registry is needed: mmdebstrap lays out the base, wheels come from pip. Mounts and a chroot do
what podman would: a read-only root, 64 MB of /dev/shm, its own user.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from paths import ROOT

NEEDED = ("buildah", "mmdebstrap", "unshare", "chroot")
RUN = """
set -e
root=$1; shift
mount --bind $root $root
mount -t proc proc $root/proc
mount -t tmpfs -o size=1m,mode=755 dev $root/dev
mkdir $root/dev/shm
for each in null zero random urandom; do
  touch $root/dev/$each; mount --bind /dev/$each $root/dev/$each
done
mount -t tmpfs -o size=64m,mode=1777 shm $root/dev/shm
mount -t tmpfs -o size=256m,mode=700,uid=10001,gid=10001 data $root/data
mount -o remount,ro,bind $root
exec chroot --userspec=10001:10001 $root "$@"
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(5400),
    pytest.mark.skipif(
        any(shutil.which(each) is None for each in NEEDED) or os.getuid() != 0,
        reason=f"needs {', '.join(NEEDED)}, and root",
    ),
]


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The command, with a store of its own."""
    store = tmp_path_factory.mktemp("store")
    yield ["buildah", "--root", str(store / "root"), "--runroot", str(store / "run")]
    subprocess.run(["umount", "-R", str(store / "root" / "overlay")], capture_output=True)
    shutil.rmtree(store, ignore_errors=True)


@pytest.fixture(scope="module")
def base(buildah: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """`localhost/base`: Debian with Python."""
    base = tmp_path_factory.mktemp("base") / "base.tar"
    lay = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=python3,python3-venv"]
    done(*lay, "bookworm", base)
    name = done(*buildah, "from", "scratch").strip()
    done(*buildah, "add", name, base, "/")
    done(*buildah, "commit", name, "localhost/base")
    base.unlink()


@pytest.fixture(scope="module", params=["metrics", "metrics,train"])
def image(
    request: pytest.FixtureRequest,
    buildah: list[str],
    base: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What an engine reads of the image, once it is built with these extras."""
    extras, wheels = request.param, tmp_path_factory.mktemp("wheels")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "-w", wheels]
    done(*pip, f"{ROOT}[{extras}]", "hatchling")
    given = [
        "BASE=localhost/base",
        f"EXTRAS={extras}",
        "PIP_OPTIONS=--no-index --find-links /wheels",
    ]
    arguments = [word for each in given for word in ("--build-arg", each)]
    mounted = ["--volume", f"{wheels}:/wheels:ro", "--isolation", "chroot", "--format", "docker"]
    file = ["-f", ROOT / "deploy" / "Containerfile", "-t", "localhost/taxiway", ROOT]
    done(*buildah, "bud", *arguments, *mounted, *file)
    told = json.loads(done(*buildah, "inspect", "--type", "image", "localhost/taxiway"))
    shutil.rmtree(wheels)
    print(done(*buildah, "images"))
    config: dict[str, Any] = told["Docker"]["config"]
    return {**config, "extras": extras}


def done(*command: object) -> str:
    words = [str(word) for word in command]
    finished = subprocess.run(words, capture_output=True, text=True, timeout=3000)
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
    return finished.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started(
    image: dict[str, Any], root: str, more: list[object], folder: Path
) -> "subprocess.Popen[bytes]":
    """What the image starts, as an engine would; `log` in `folder` has what it prints."""
    (folder / "run.sh").write_text(RUN)
    alone = ["unshare", "-m", "--propagation", "private", "env", "-i", *image["Env"]]
    words = map(str, [*image["Entrypoint"], *image["Cmd"], *more])
    with open(folder / "log", "w") as log:
        command = [*alone, "sh", str(folder / "run.sh"), root, *words]
        return subprocess.Popen(command, stdout=log, stderr=log)


def within(root: str) -> list[str]:
    return ["chroot", "--userspec=10001:10001", root]


def until_ready(client: httpx.Client) -> None:
    began = time.monotonic()
    while time.monotonic() < began + 120:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/readyz").status_code == 200:
                print(f"ready after {time.monotonic() - began:.1f} s")
                return
        time.sleep(0.2)
    raise TimeoutError("It was not ready.")


def test_it_plays_read_only_unprivileged_and_in_64_mb_and_ends_in_order(
    buildah: list[str], image: dict[str, Any], tmp_path: Path
) -> None:
    assert (image["User"], image["StopSignal"]) == ("10001:10001", "SIGTERM")
    assert image["Volumes"] == {"/data": {}}
    assert "Healthcheck" in image
    root = done(*buildah, "mount", done(*buildah, "from", "localhost/taxiway").strip()).strip()
    port, metrics = free_port(), free_port()
    ports = ["--port", port, "--metrics-port", metrics, "--socketio-port", "off"]
    process = started(image, root, [*ports, "--osc-port", "off", "--hub-port", "off"], tmp_path)
    try:
        with httpx.Client(base_url=f"http://localhost:{port}", timeout=60) as client:
            until_ready(client)
            asked = [client.post("/query", json={"seed": seed}) for seed in range(5)]
            assert {answer.status_code for answer in asked} == {200}, asked[0].text
        told = httpx.get(f"http://localhost:{metrics}/metrics", timeout=60).text
        assert 'taxiway_queries_total{kind="query",model="rainbow",outcome="ok"} 5.0' in told
        assert set(psutil.Process(process.pid).uids()) == {10001}
        check = [word for word in image["Healthcheck"]["Test"] if word != "CMD"]
        environment = {**os.environ, "HEALTH": f"http://127.0.0.1:{port}/healthz"}
        ask = [*within(root), *check]
        assert subprocess.run(ask, env=environment).returncode == 0
        environment["HEALTH"] = f"http://127.0.0.1:{free_port()}/healthz"
        assert subprocess.run(ask, env=environment, capture_output=True).returncode != 0
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
    found = any(Path(root, "opt/taxiway/lib").glob("python3*/site-packages/torch/nn"))
    assert found is ("train" in image["extras"])
    said = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert code == 0
    assert json.loads(said[-1])["message"] == "rainbow is stopped."
    assert not list(Path(root, "data").iterdir()), "it wrote into its root"
