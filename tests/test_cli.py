"""The command line, run as a person runs it."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import in_a_process, taxiway
from paths import FIXTURES
from taxiway import commands
from taxiway.core.images import read_metadata
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint

SMALL = FIXTURES / "stylegan2-ada_32.pkl"
STARTED = {
    "annotate": (1, ["none"], "There is no folder 'none'"),
    "batch": (1, ["painter", "in.png", "--out", "o"], "works on models that take image"),
    "bend": (0, [SMALL, "--preset", "b16 rotate 30", "--seeds", "1", "--out", "o"], "preset.txt"),
    "bench": (1, ["painter", "--seconds", "0"], "a number above 0"),
    "centres": (1, [SMALL, "--count", "x", "--out", "o"], "'count' takes a number"),
    "cluster": (1, ["join"], "required: head"),
    "completion": (0, ["bash"], "complete "),
    "convert": (0, [SMALL, "o.safetensors"], "o.safetensors"),
    "dataset": (1, ["report", "none"], "There is no folder or file 'none'"),
    "directions": (1, [SMALL, "--method", "none", "--out", "o"], "'method' takes one of"),
    "disk": (1, ["--clear", "store"], "'store' is not made anew by itself"),
    "doctor": (1, ["--frob"], "unknown argument --frob"),
    "drive": (1, ["painter", "in.png", "none.mp4", "--out", "o.mp4"], "works on models that take"),
    "export": (1, ["painter", "--web", "o"], "works on models of stylegan"),
    "generate": (0, ["painter", "--seeds", "1", "--size", "32", "--out", "o"], "seed0001.png"),
    "host": (0, ["create", "art", "--model", "painter", "--data", "o"], "art"),
    "inspect": (0, [SMALL], "G_ema"),
    "install": (1, ["nothing"], "invalid choice: 'nothing'"),
    "mask": (1, ["in.png", "--out", "o"], "is no film that can be read"),
    "metrics": (1, ["painter", "painter"], "'painter' has no checkpoint"),
    "mix": (1, [SMALL, "--rows", "1", "--out", "o"], "required: --columns"),
    "models": (0, [], "painter"),
    "open": (1, ["--port", "none"], "a port is a number up to 65535"),
    "outputs": (0, [], "folder"),
    "pull": (1, ["nothing"], "No model named 'nothing' can be fetched"),
    "project": (1, [SMALL, "none.png", "--out", "o"], "No such file or directory: none.png"),
    "remote": (1, ["add", "box", "http://x"], "An address is ssh://user@host"),
    "replay": (1, ["painter", "none.jsonl", "--out", "o.mp4"], "none.jsonl"),
    "run": (1, ["stylgan"], "No model named 'stylgan'"),
    "servers": (0, [], "Socket.IO"),
    "sources": (0, [], "frames"),
    "tool": (0, [], "project"),
    "train": (1, ["none.zip", "--out", "o"], "There is no folder or file 'none.zip'"),
    "update": (0, [], "To update it:"),
    "video": (1, ["painter", "--keys", "1", "--out", "o.gif"], "two keys"),
    "walk": (0, [SMALL, "--keys", "1-2", "--count", "2", "--out", "o"], "walk.npz"),
    "worker": (0, [], "taxiway worker 3"),
}
"""How each command ends, and what it says or writes, where a person starts it; those that compute
for long are refused, since their own tests run them."""


@pytest.mark.parametrize("name", STARTED)
def test_each_command_runs_in_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "orange").save(tmp_path / "in.png")
    code, arguments, said = STARTED[name]
    done = in_a_process(name, *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    written = " ".join(path.name for path in tmp_path.rglob("*"))
    assert said in (done.stderr if code else done.stdout + written)
    assert "Traceback" not in done.stderr


def test_every_command_is_started() -> None:
    assert set(STARTED) == set(commands.names())


@pytest.mark.smoke
def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['taxiway', '--help']\n"
        "from taxiway.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'numpy', 'starlette', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    for command in ("run", "generate", "models", "inspect", "convert", "doctor"):
        assert re.search(rf"^    {command} ", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frob"], "invalid choice: 'frob'"),
        (["run", "--port", "none"], "a port is a number up to 65535, got 'none'"),
        (["run", "--allow-origin", "editor.p5js.org"], "an origin is written as https://editor"),
        (["run", "stylgan"], "No model named 'stylgan'. There are: "),
        (["run", "stylegan", "--checkpoint", "no.pkl"], "There is no file 'no.pkl'"),
        (["run", "painter", "--frob"], "unknown argument --frob"),
        (["run", "--mapping", "."], "The mapping '"),
        (["run", "--host", ""], "an empty name is no address"),
        (["run", "--open", "nowhere"], "There is no folder 'nowhere' to open."),
        (["run", "--open", ""], "an empty name is no file and no folder"),
        (["generate", "painter", "--seeds", "1", "--out", ""], "an empty name is no file"),
        (["run", "--no-browser", "--frob"], "unknown argument --frob"),
        (["inspect", "no.pkl"], "no.pkl"),
        (["generate", "painter", "--seeds", "x", "--out", "o"], "Seeds are numbers and ranges"),
        (
            ["generate", "painter", "--seeds", "1", "--out", "o", "--colour", "3"],
            "unknown argument --colour",
        ),
        (["generate", "painter", "--seeds", "1", "--out", "o", "--psi", "nan"], "takes numbers"),
    ],
)
@pytest.mark.smoke
def test_what_is_wrong_is_said_in_one_sentence(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = taxiway(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_named_and_ends_with_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = taxiway("run", "painter", "--no-browser", "--port", str(port))
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_generate_saves_pictures_with_all_that_made_them(tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    done = taxiway("generate", "painter", "--seeds", "3,7-8", "--psi", "0.7", "--size", "64",
                   "--out", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.glob("[a-z]*")) == [
        f"seed000{seed}.{kind}" for seed in (3, 7, 8) for kind in ("json", "png")
    ]
    pixels = np.asarray(Image.open(out / "seed0007.png"))
    np.testing.assert_array_equal(pixels, paint(z_of_seed(7), 64, psi=0.7))
    made = json.loads((out / "seed0007.json").read_text())
    assert read_metadata((out / "seed0007.png").read_bytes()) == made
    assert (made["model"], made["seed"], made["truncation"]) == ("painter", 7, 0.7)
    np.testing.assert_array_equal(np.array(made["z"], np.float32), z_of_seed(7))


def test_models_are_listed_with_the_default_marked() -> None:
    done = taxiway("models")
    assert "(default)" in done.stdout.splitlines()[0]
    assert "painter" in done.stdout
    assert "stylegan --checkpoint FILE" in done.stdout


def test_a_checkpoint_is_inspected_converted_and_run(tmp_path: Path) -> None:
    original = SMALL
    report = taxiway("inspect", original)
    assert report.returncode == 0, report.stderr
    assert "G_ema" in report.stdout
    assert json.loads(taxiway("inspect", original, "--json").stdout)
    converted = tmp_path / "small.safetensors"
    assert taxiway("convert", original, converted).returncode == 0
    pictures = []
    for checkpoint in (original, converted):
        out = tmp_path / checkpoint.suffix[1:]
        done = taxiway("generate", checkpoint, "--seeds", "1", "--noise-mode", "none", "--out", out)
        assert done.returncode == 0, done.stderr
        pictures.append(np.asarray(Image.open(out / "seed0001.png")).astype(int))
    # Each file may be computed by another backend, whichever was the faster.
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    assert pictures[0].shape == (32, 32, 3)


def test_a_foreign_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "page.pkl"
    file.write_text("<!DOCTYPE html><html>Sign in to download</html>")
    done = taxiway("convert", file, tmp_path / "out.safetensors")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out.safetensors").exists()


def test_a_file_in_the_place_of_the_data_folder_is_told(tmp_path: Path) -> None:
    place = tmp_path / "notes.txt"
    place.write_text("mine")
    done = taxiway("host", "list", TAXIWAY_DATA=str(place))
    assert done == (1, "", f"Data is kept in a folder, which this is not: {place}.\n")
