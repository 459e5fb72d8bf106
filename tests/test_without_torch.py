"""The whole player where PyTorch is not installed: no process of it can import it."""

import json
import os
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from paths import FIXTURES, ROOT
from taxiway.core.images import pixels_in

SMALL = FIXTURES / "stylegan2-ada_32.pkl"
OTHERS = (
    "rosinality_32.pt",
    "tensorflow-stylegan2_32.pkl",
    "stylegan3-t_32.pkl",
    "projected-gan_fastgan-lite_128.pkl",
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """In which Python's start-up hides PyTorch, in children too."""
    folder = tmp_path_factory.mktemp("no-torch")
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    path = os.pathsep.join([str(folder), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "TAXIWAY_DATA": str(folder / "data")}


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[str]:
    """`taxiway run rainbow`: its address."""
    words = ["run", "rainbow", "--no-browser", "--port", "0"]
    off = [word for name in ("socketio", "osc", "hub") for word in (f"--{name}-port", "off")]
    command = [sys.executable, "-u", "-m", "taxiway", *words, *off]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
        else:
            pytest.fail(said)
        process.terminate()
        process.communicate()


def commands(environment: dict[str, str], folder: Path, *lines: str) -> list[tuple[int, str]]:
    """How commands end that one process runs, and what they say."""
    script = (
        "import contextlib, io, json, shlex, sys\nfrom taxiway.cli import main\ndone = []\n"
        "for line in sys.argv[1:]:\n    said = io.StringIO()\n"
        "    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):\n"
        "        try: code = main(shlex.split(line))\n"
        "        except SystemExit as end: code = end.code\n"
        "    done.append([code, said.getvalue()])\nprint(json.dumps(done))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script, *lines],
        capture_output=True, text=True, cwd=folder, env=environment, timeout=110,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return [(code, said) for code, said in json.loads(made.stdout)]


def test_what_everybody_installs_holds_no_pytorch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^\w-]", line)[0].lower() for line in project["dependencies"]}
    assert "torch" not in names
    assert {"openvino", "onnxruntime"} <= names


def test_a_model_is_played(server: str) -> None:
    with urllib.request.urlopen(f"{server}/generate.png?seed=1", timeout=60) as answer:
        assert pixels_in(answer.read(), "picture").std() > 10


def test_checkpoints_of_every_layout_are_drawn(environment: dict[str, str], tmp_path: Path) -> None:
    lines = [f"convert {SMALL} small.safetensors"]
    files = ["small.safetensors", *(FIXTURES / name for name in OTHERS)]
    lines += ["generate painter --seeds 1 --size 32 --out painter"]
    lines += [f"generate {file} --seeds 1 --out {index}" for index, file in enumerate(files)]
    for code, said in commands(environment, tmp_path, *lines):
        assert code == 0, said
    for index in range(len(files)):
        picture = pixels_in((tmp_path / str(index) / "seed0001.png").read_bytes(), "picture")
        assert picture.std() > 1


def test_latent_tools_work_and_what_needs_pytorch_says_so(
    environment: dict[str, str], tmp_path: Path
) -> None:
    fine = [
        f"mix {SMALL} --rows 0 --columns 1 --out mix",
        f"walk {SMALL} --keys 1,2 --count 3 --out walk",
        f"video {SMALL} --keys 1,2 --seconds 0.5 --fps 4 --out film.gif",
        f"generate {SMALL} --seeds 1 --noise-strength 0.5 --out quiet",
        f"directions {SMALL} --count 2 --samples 400 --out pca",
        f"directions {SMALL} --method sefa --count 2 --samples 400 --out sefa",
        f"directions {SMALL} --score brightness --samples 400 --out score",
        f"centres {SMALL} --count 2 --samples 1024 --out centres",
        f"bend {SMALL} --preset 'b16 rotate 30' --across 1.5 --seeds 1 --out bent",
        f"convert {SMALL} small.onnx",
    ]
    refused = [
        f"project {SMALL} mix/grid.png --out found",
        "train mix --out trained",
    ]
    done = commands(environment, tmp_path, *fine, *refused)
    for line, (code, said) in zip([*fine, *refused], done, strict=True):
        assert "Traceback" not in said, said
        if line in fine:
            assert code == 0, f"{line}: {said}"
        else:
            assert code != 0
            assert re.search(r"needs PyTorch: .*taxiway install", said), said
