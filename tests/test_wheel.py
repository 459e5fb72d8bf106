"""The wheel, installed as people do: by uv, uvx and pipx, each of which the test fetches."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PACKAGE = ROOT / "src" / "taxiway"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with uv, uvx and pipx."""
    folder = tmp_path_factory.mktemp("tools")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "-qq", "uv", "pipx"]
    if subprocess.run(pip).returncode:
        pytest.skip("uv and pipx cannot be fetched")
    return folder / "bin"


@pytest.fixture(scope="module")
def wheel(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("on a stick")
    subprocess.run([tools / "uv", "build", "-q", "--wheel", "-o", out, ROOT], check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A home of its own, in which nothing of this clone is seen."""
    home = tmp_path_factory.mktemp("home")
    named = {"HOME": home, "UV_TOOL_DIR": home / "uv", "UV_TOOL_BIN_DIR": home / "bin"}
    named |= {"PIPX_HOME": home / "pipx", "PIPX_BIN_DIR": home / "pipx-bin"}
    named |= {"TAXIWAY_DATA": home / "data"}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ours = {name: str(path) for name, path in named.items()}
    return {**kept, **ours, "PATH": f"{tools}:{os.environ['PATH']}"}


def ran(*command: object, environment: Mapping[str, str], code: int = 0) -> str:
    """What a command says, far from the clone."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=environment["HOME"], env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout + (done.stderr if code else "")


def test_it_holds_all_of_the_package_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
        said = file.read(next(name for name in file.namelist() if name.endswith("METADATA")))
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=PACKAGE, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    assert held == {f"taxiway/{name}" for name in listed if name and (PACKAGE / name).exists()}
    weights = {path.name for path in (PACKAGE / "catalog" / "weights").iterdir()}
    assert {Path(name).name for name in held if "/catalog/weights/" in name} >= weights
    assert {"taxiway/studio/index.html", "taxiway/studio/icon.svg"} <= held
    assert not [name for name in held if "test" in Path(name).parts[0]]
    assert b"Requires-Python: >=3.11" in said


@pytest.mark.parametrize("way", ["uv tool", "uvx", "pipx"])
def test_it_is_installed_played_and_tells_how_it_is_updated(
    way: str, wheel: Path, environment: Mapping[str, str]
) -> None:
    install = {"uv tool": "uv tool install", "pipx": "pipx install"}.get(way)
    if install is not None:
        ran(*install.split(), wheel, environment=environment)
    taxiway: tuple[object, ...] = {
        "uv tool": (Path(environment["UV_TOOL_BIN_DIR"]) / "taxiway",),
        "uvx": ("uvx", "--isolated", "--from", wheel, "taxiway"),
        "pipx": (Path(environment["PIPX_BIN_DIR"]) / "taxiway",),
    }[way]
    assert re.fullmatch(
        r"taxiway \d+\.\d+\.\d+\n", ran(*taxiway, "--version", environment=environment)
    )
    out = Path(environment["HOME"]) / way
    played = ran(
        *taxiway, "generate", "rainbow", "--seeds", "1", "--out", out, environment=environment
    )
    assert (out / "seed0001.png").is_file(), played
    told = ran(*taxiway, "update", environment=environment)
    assert f"was installed by {way}: {wheel}" in told
    newer = {
        "uv tool": "uv tool install --force NEWER.whl",
        "pipx": "pipx install --force NEWER.whl",
    }
    assert newer.get(way, "uvx --from NEWER.whl taxiway") in told
    refused = ran(*taxiway, "install", "onnx", environment=environment, code=1)
    assert f"installed by {way}, which keeps its packages: " in refused
    line = refused.partition("packages: ")[2]
    if way != "uvx":  # which goes on after it
        adding = line.strip().rstrip(".")
        ran("sh", "-c", adding, environment=environment)
        has = [*taxiway, "convert", "rainbow", out / "rainbow.onnx"]
        ran(*has, environment=environment)
        assert "onnxruntime: available" in ran(*taxiway, "doctor", environment=environment)


def test_open_starts_the_studio_and_finds_it_again(
    wheel: Path, environment: Mapping[str, str]
) -> None:
    """After uv has installed it, which uvx does not do."""
    begin = ("uvx", "--isolated", "--from", wheel, "taxiway")
    first = subprocess.Popen(
        [*map(str, begin), "open", "--no-browser", "--port", "0"],
        env=environment, cwd=environment["HOME"], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert first.stdout is not None
    try:
        found = next(filter(None, (re.search(r":(\d+) \(", line) for line in first.stdout)))
        for _ in range(100):
            said = ran(*begin, "open", "--no-browser", "--port", found[1], environment=environment)
            if said == f"rainbow at http://localhost:{found[1]}\n":
                break
            time.sleep(0.2)
        else:
            raise AssertionError(said)
    finally:
        first.terminate()
        first.communicate(timeout=60)
