"""What docs/ports.md says that works, in every way in which ports declare it."""

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from families.ported.running import PORTS, Serving, serving
from families.ported.uris import picture, pixels, to_uri
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine

PHOTO = np.random.RandomState(1).randint(0, 256, (8, 12, 3))
MASK = np.zeros((8, 12), np.uint8)
MASK[:4] = 1
DIALECTS = ("classes", "instances", "named", "unnamed")
TYPES = {
    "text", "number", "boolean", "any", "image", "file", "image_point", "image_bounding_box",
    "category", "vector", "array", "segmentation", "image_landmarks",
}  # fmt: skip


@pytest.fixture(scope="module")
def port() -> Iterator[Serving]:
    with serving("dialects.py") as port:
        yield port


@pytest.fixture(scope="module")
def commands(port: Serving) -> dict[str, Any]:
    return {each["name"]: each for each in port.get("/meta").json()["commands"]}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_data_type_is_declared(commands: dict[str, Any], dialect: str) -> None:
    for side, wanted in (("inputs", TYPES), ("outputs", TYPES - {"file"})):
        fields = {field["name"]: field for field in commands[dialect][side]}
        assert {name: field["type"] for name, field in fields.items()} == {n: n for n in wanted}
        assert fields["vector"]["length"] == 3
        assert fields["category"]["oneOf"] == ["a", "b"]


def mask(port: Serving, dialect: str, commands: dict[str, Any]) -> str:
    """The mask as a page paints it: in the colours that the port declares."""
    colours = next(f for f in commands[dialect]["inputs"] if f["name"] == "segmentation")
    by_id = {colours["labelToId"][n]: c for n, c in colours["labelToColor"].items()}
    return to_uri(np.array([by_id[0], by_id[1]], np.uint8)[MASK])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_data_type_goes_in_and_comes_out(
    port: Serving, commands: dict[str, Any], dialect: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("!")
    given = {
        "text": "hello",
        "number": 3,
        "boolean": True,
        "any": [1, {"a": None}],
        "image": to_uri(PHOTO),
        "file": str(tmp_path / "notes.txt"),
        "image_point": [0.25, 0.5],
        "image_bounding_box": [0, 0.25, 0.5, 1],
        "category": "b",
        "vector": [0.5, -1, 0],
        "array": [1, 2.5],
        "segmentation": mask(port, dialect, commands),
        "image_landmarks": [[0, 0.5], [1, 0.25]],
    }
    headers = {
        "Content-Encoding": "gzip",
        "X-Runway-Output-Format": "image=PNG; segmentation=PNG",
    }
    packed = gzip.compress(json.dumps(given).encode())
    answer = port.client.post(f"/{dialect}", content=packed, headers=headers)
    assert answer.status_code == 200, answer.text
    out = answer.json()
    np.testing.assert_array_equal(pixels(out.pop("image")), PHOTO[:, ::-1])
    np.testing.assert_array_equal(
        pixels(out.pop("segmentation")), pixels(given["segmentation"])[::-1]
    )
    assert out == {
        "text": "HELLO!",
        "number": 1.5,
        "boolean": False,
        "any": {"was": [1, {"a": None}], "size": 12},
        "image_point": [0.5, 0.25],
        "image_bounding_box": [0, 0.25, 0.5, 1],
        "category": "b",
        "vector": [1, -2, 0],
        "array": [2, 3.5],
        "image_landmarks": [[1, 0.25], [0, 0.5]],
    }


def test_a_bare_picture_comes_in_the_format_that_is_asked_for(port: Serving) -> None:
    for header, format in ((None, "JPEG"), ("image=PNG", "PNG"), ("image=JPEG", "JPEG")):
        headers = {"X-Runway-Output-Format": header} if header else {}
        drawn = port.ask("/bare", {"image": to_uri(PHOTO)}, headers=headers)["image"]
        assert picture(drawn).format == format
    assert pixels(drawn).shape == PHOTO.shape


async def test_under_taxiway_they_are_one() -> None:
    async with Engine() as engine:
        port = ModelSpec(name="port", family="ported", options={"path": str(PORTS / "dialects.py")})
        await engine.start(port)
        notes = "data:text/plain;base64," + base64.b64encode(b"!").decode()
        for dialect in DIALECTS:
            command = await engine.command_of("port", dialect)
            assert set(command.inputs) == TYPES
            assert set(command.outputs) == TYPES - {"file"}
            given = {
                **{"text": "hello", "number": 3, "boolean": True, "any": [1], "category": "b"},
                **{"image": to_uri(PHOTO), "file": notes, "segmentation": to_uri(PHOTO)},
                **{"image_point": [0.25, 0.5], "image_bounding_box": [0, 0.25, 0.5, 1]},
                **{
                    "vector": [0.5, -1, 0],
                    "array": [1, 2.5],
                    "image_landmarks": [[0, 0.5], [1, 0]],
                },
            }
            out = await engine.query("port", given, dialect, format_header="image=PNG")
            np.testing.assert_array_equal(pixels(str(out["image"])), PHOTO[:, ::-1])
            assert (out["text"], out["array"], out["vector"]) == ("HELLO!", [2, 3.5], [1, -2, 0])
            assert out["image_point"] == [0.5, 0.25]


OPTIONS = {"weights": "words.txt", "folder": "."}
READ = {"scale": 2, "weights": "a photo", "folder": ["words.txt"]}


@pytest.mark.parametrize(
    ("form", "options", "model"),
    [
        ("none", {}, None),
        ("bare", {}, "made"),
        ("called", {}, "made"),
        ("with options that are none", {}, ["made", {}]),
        ("by keyword", OPTIONS, READ),
        ("by place", OPTIONS, READ),
        ("list", OPTIONS | {"scale": 5}, READ | {"scale": 5}),
    ],
)
def test_a_set_up_in_every_form(
    form: str, options: dict[str, Any], model: Any, tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("a photo")
    with serving(
        "dialects.py", tmp_path, DIALECT=form, RW_MODEL_OPTIONS=json.dumps(options)
    ) as port:
        assert port.ask("/told", {"number": 1}) == {"model": model}
        assert [each["name"] for each in port.get("/meta").json()["options"]] == (
            ["scale", "weights", "folder"] if options else []
        )
