"""Ports of every style as servers of their own, asked over real HTTP."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from families.ported.running import PORTS, Serving, run, serving
from families.ported.uris import picture, pixels, to_uri

PHOTO = np.random.RandomState(0).randint(0, 256, (32, 48, 3))
Z = [0.5, -1, 0.25, 0, 0, 0, 0, 0]


@pytest.fixture(scope="module")
def classes() -> Iterator[Serving]:
    with serving("classes.py") as port:
        yield port


@pytest.fixture(scope="module")
def latent() -> Iterator[Serving]:
    with serving("latent.py") as port:
        yield port


@pytest.fixture(scope="module")
def paint() -> Iterator[Serving]:
    with serving("paint.py") as port:
        yield port


def test_a_bare_value_is_the_only_output(classes: Serving) -> None:
    assert classes.ask("/shout", {"words": "hello"}) == {"loud": "HELLO!"}
    small = picture(classes.ask("/half", {"photo": to_uri(PHOTO)})["small"])
    assert (small.size, small.format) == ((24, 16), "JPEG")


@pytest.mark.parametrize("value", [{"result": 3}, {"a": [1, None]}, [1, "two"], "text", 7.5])
def test_anything_goes_through_as_it_is(classes: Serving, value: Any) -> None:
    wanted = value["result"] if value == {"result": 3} else value
    assert classes.ask("/same", {"anything": value}) == {"result": wanted}


def test_what_it_prints_at_the_start_is_what_the_sdk_printed(classes: Serving) -> None:
    assert classes.printed[0] == "Initializing model..."
    assert classes.printed[1] == "loading nothing at all"
    assert classes.printed[2].startswith("Model initialized (0.")
    assert classes.printed[3] == f"Starting model server at {classes.url}..."


def test_options_come_from_run_and_from_their_defaults(latent: Serving) -> None:
    answer = latent.ask("/generate", {"z": Z}, headers={"X-Runway-Output-Format": "image=PNG"})
    drawn = pixels(answer["image"])
    assert drawn.shape == (64, 64, 3)
    assert drawn[0, -1, 0] == int(0.4 * 255)
    assert drawn[0, -1, 1] == int(0.1 * 255)
    assert answer["norm"] == pytest.approx(np.linalg.norm(Z))


def test_options_of_the_environment_win() -> None:
    options = '{"size": 128, "tint": 1}'
    with serving("latent.py", RW_MODEL_OPTIONS=options) as port:
        answer = port.ask("/generate", {"z": Z, "rows": 2})
    assert pixels(answer["image"]).shape == (128, 128, 3)


def test_the_last_value_of_a_generator_is_answered() -> None:
    with serving("streaming.py") as port:
        assert port.ask("/count", {"to": 5}) == {"n": 5}
        assert port.ask("/bare", {}) == {"n": 1}
        assert port.ask("/slow", {}) == {"done": "done"}
        answer = port.post("/bare", {"to": 0})
    assert (answer.status_code, answer.json()["error"]) == (
        500,
        "Error during inference: ValueError('it yielded nothing').",
    )


def test_commands_run_in_the_thread_of_the_set_up() -> None:
    # Frameworks keep graphs and gradient modes by thread.
    with serving("streaming.py") as port:
        assert port.ask("/thread", {}) == {"name": "MainThread"}
        assert port.ask("/log", {}) == {"lines": ["MainThread"]}


def test_a_port_on_a_leash_ends_with_its_standard_input() -> None:
    with serving("classes.py", stdin=subprocess.PIPE, TAXIWAY_LEASH="1") as port:
        assert port.ask("/shout", {"words": "a"}) == {"loud": "A!"}
        assert port.process.stdin is not None
        port.process.stdin.close()
        assert port.process.wait(60) == 1


def test_the_oldest_dialect_works(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a photo picture")
    with serving("oldest.py", tmp_path, RW_MODEL_OPTIONS='{"weights": "words.txt"}') as port:
        assert port.ask("/caption", {"photo": to_uri(PHOTO)}) == {"caption": "photo of 48 x 32"}
        [option] = port.get("/meta").json()["options"]
    assert option == {
        "name": "weights",
        "type": "file",
        "description": None,
        "extension": ".txt",
    }


def test_the_oldest_dialect_needs_no_names() -> None:
    with serving("unnamed.py") as port:
        grey = pixels(port.ask("/generate", {"vector": [1, 1, 1], "number": 0.5})["image"])
        assert (grey.shape, grey[0, 0]) == ((4, 6), 127)
        failed = port.post("/shrink", {"image": to_uri(PHOTO)})
        [declared, _] = port.get("/meta").json()["commands"]
    assert failed.status_code == 500
    assert failed.json()["error"].endswith("pip install 'pillow<10' in its own Python.")
    assert [field["name"] for field in declared["inputs"]] == ["vector", "number"]
    assert declared["inputs"][0]["length"] == 3


def test_a_port_that_ends_at_import_says_what_it_wants(tmp_path: Path) -> None:
    (tmp_path / "port.py").write_text("import runway\nfrom PIL import Image\nImage.ANTIALIAS\n")
    last = run(tmp_path / "port.py").stderr.splitlines()[-1]
    assert last.startswith("AttributeError: module 'PIL.Image' has no attribute 'ANTIALIAS'")
    assert last.endswith("pip install 'pillow<10' in its own Python.")


def test_boxes_points_and_landmarks_are_plain_numbers() -> None:
    photo = np.zeros((10, 20), np.uint8)
    photo[2:6, 5:10] = 255
    with serving("detect.py") as port:
        found = port.ask("/detect_objects", {"input_image": to_uri(photo)})
        middle = port.ask("/middle", {"image": to_uri(photo)})
    assert found == {
        "bboxes": [[0.25, 0.2, 0.5, 0.6]],
        "classes": ["bright"],
        "scores": [0.875],
        "centre": [0.375, 0.4],
        "pose": pytest.approx(np.array([[0.25, 0.2], [0.5, 0.6]])),
        "raw": {"mean": 0.5, "worst": None, "shape": [10, 20]},
    }
    assert middle == {"point": [0.5, 0.25]}


def test_a_painted_map_is_read_by_its_nearest_colours(paint: Serving) -> None:
    painted = np.full((8, 8, 3), (45, 150, 70), np.uint8)
    painted[:4] = (90, 190, 255)
    header = {"X-Runway-Output-Format": "output=PNG"}
    answer = paint.ask("/convert", {"semantic_map": to_uri(painted)}, headers=header)
    drawn = pixels(answer["output"])
    assert (drawn[0] == (200, 220, 255)).all()
    assert (drawn[7] == (10, 90, 20)).all()
    ids = np.full((8, 8), 124, np.uint8)
    answer = paint.ask("/convert", {"semantic_map": to_uri(ids)}, headers=header)
    assert (pixels(answer["output"]) == (10, 90, 20)).all()


def test_a_map_is_drawn_in_the_colours_it_declares(paint: Serving) -> None:
    photo = np.zeros((4, 4), np.uint8)
    photo[:, 2:] = 255
    answer = paint.ask("/parse", {"image": to_uri(photo)})
    field = paint.get("/parse").json()["outputs"][0]
    drawn = pixels(answer["map"])
    assert drawn[0, 0].tolist() == field["labelToColor"]["dark"] == [214, 0, 0]
    assert drawn[0, 3].tolist() == field["labelToColor"]["bright"] == [140, 59, 255]
    assert picture(answer["depth"]).mode == "L"


def test_alpha_survives_where_the_format_has_it(paint: Serving) -> None:
    photo = {"image": to_uri(PHOTO)}
    assert pixels(paint.ask("/cut", photo)["cutout"]).shape == (32, 48, 4)
    header = {"X-Runway-Output-Format": "cutout = jpeg ; nothing=PNG; x"}
    asked = paint.ask("/cut", photo, headers=header)
    assert asked["cutout"].startswith("data:image/jpeg")


def test_files_are_options_and_inputs(tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    (tmp_path / "a.wav").write_bytes(b"12345")
    options = '{"folder": ".", "weights": "a.bin"}'
    with serving("filing.py", tmp_path, RW_MODEL_OPTIONS=options) as port:
        assert port.ask("/size", {"sound": "a.wav"}) == {"bytes": 5}
        for sound, why in (
            ("no.wav", "There is no file 'no.wav'."),
            ("a.bin", "It takes a file that ends with .wav, got 'a.bin'."),
            ("http://example.org/a.wav", "Nothing is downloaded: save the file first, then give"),
            (3, "It takes a path."),
        ):
            answer = port.post("/size", {"sound": sound})
            assert answer.status_code == 400
            assert answer.json()["error"].startswith(f"Invalid argument: sound. {why}")
        page = {"Origin": "https://example.org"}
        answer = port.post("/size", {"sound": "a.wav"}, headers=page)
    assert answer.json()["error"] == (
        "Invalid argument: sound. Files are taken from programs of this machine only."
    )


def test_its_description_can_be_printed_without_running_it() -> None:
    done = run(PORTS / "troubled.py", RW_META="1", RW_MODEL_OPTIONS='{"at_start": "raise"}')
    assert (done.returncode, done.stderr) == (0, "")
    assert '"name": "show"' in done.stdout
    assert "Initializing" not in done.stdout


def test_it_can_be_set_up_without_being_served() -> None:
    done = run(PORTS / "classes.py", RW_NO_SERVE="1")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("Model initialized")


def test_a_set_up_that_raises_ends_the_program_and_says_why() -> None:
    done = run(PORTS / "troubled.py", RW_MODEL_OPTIONS='{"at_start": "raise"}')
    assert done.returncode == 1
    assert 'raise ValueError("no such luck")' in done.stderr
    assert done.stderr.endswith("Error during setup: ValueError('no such luck').\n")


def test_an_option_without_a_default_is_missed(tmp_path: Path) -> None:
    done = run(PORTS / "oldest.py")
    assert done.returncode == 1
    assert done.stderr.endswith("Missing option: weights.\n")


def test_with_debug_it_starts_again_when_its_file_changes(tmp_path: Path) -> None:
    program = tmp_path / "runway_model.py"
    text = (PORTS / "classes.py").read_text()
    program.write_text(text)
    with serving(program, tmp_path, RW_DEBUG="1") as port:
        program.write_text(text.replace("loading nothing", "loading again"))
        os.utime(program, (0, 0))
        assert port.process.stdout is not None
        said = [port.process.stdout.readline().strip() for _ in range(5)]
    assert said[0] == "Restarting, since a file changed."
    assert said[2] == "loading again at all"
    assert said[4].startswith("Starting model server at")


def test_a_port_in_use_is_named(classes: Serving) -> None:
    port = classes.url.rpartition(":")[2]
    done = run(PORTS / "latent.py", RW_PORT=port)
    assert done.returncode == 1
    assert done.stderr == f"Cannot listen at 127.0.0.1:{port}: Address already in use.\n"
