"""What holds for every kind of dataset, and for the one of docs/extending.md."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import stranger
from refusals import refusal
from taxiway import cli
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.training.dataset import Kind, find, kind_of, kinds
from taxiway.training.datasets.text import chunks, split, unwrapped

RNG = np.random.default_rng(0)
BOXES = {"a.png": [[1.5, 2, 8, 9, 1], [0, 0, 32, 24, 0]], "b.png": []}


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def noise(height: int = 24, width: int = 32) -> np.ndarray:
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


NOISE = {name: noise() for name in ("a.png", "b.png")}
MAPS = {name: RNG.integers(0, 3, (24, 32), np.uint8) for name in ("a", "b")}
STORY = "Once upon a time.\n\n" * 400


class Case(NamedTuple):
    """Files of a source, options, and what comes back of the dataset, as something comparable."""

    files: dict[str, bytes]
    values: dict[str, Any]
    back: Callable[[Any], Any]
    expected: Any
    broken: dict[str, bytes]
    """Files that make it wrong."""


CASES = {
    "pictures": Case(
        {f"{n:02}.png": png(np.full((16, 16, 3), n * 9, np.uint8) + noise(16, 16) // 4)
         for n in range(4)},
        {"resolution": 16, "few": True},
        lambda found: found.shape,
        (4, 16, 16, 3),
        {"99.png": b"no picture"},
    ),
    "boxes": Case(
        {**{name: png(pixels) for name, pixels in NOISE.items()},
         "boxes.json": json.dumps({"classes": ["cat", "dog"], "boxes": BOXES}).encode()},
        {},
        lambda found: (found.classes, [(one.pixels().tolist(), list(map(list, one.boxes)))
                                       for one in found.examples]),
        (("cat", "dog"), [(NOISE[name].tolist(), BOXES[name]) for name in ("a.png", "b.png")]),
        {"boxes.json": json.dumps({"classes": ["cat"],
                                   "boxes": {"a.png": [[30, 0, 9, 9, 0]]}}).encode()},
    ),
    "masks": Case(
        {**{f"pictures/{name}": png(pixels) for name, pixels in NOISE.items()},
         **{f"masks/{name}.png": png(ids) for name, ids in MAPS.items()},
         "classes.json": b'["sky", "sea", "land"]'},
        {},
        lambda found: (found.classes, [tuple(part.tolist() for part in found.load(number))
                                       for number in range(found.size)]),
        (("sky", "sea", "land"),
         [(NOISE[f"{name}.png"].tolist(), MAPS[name].tolist()) for name in ("a", "b")]),
        {"masks/a.png": png(noise())},
    ),
    "text": Case(
        {"a.txt": STORY.encode(), "b/c.txt": "Ein Käse.".encode()},
        {"chunk": 100, "held_out": 0.2},
        lambda found: (len(found.held_out), sum(map(len, found.train + found.held_out))),
        (16, len(STORY) + 9),
        {"a.txt": b"caf\xe9"},
    ),
}  # fmt: skip


def written(folder: Path, files: dict[str, bytes], zipped: bool = False) -> Path:
    if zipped:
        with ZipFile(folder / "source.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return folder / "source.zip"
    for name, data in files.items():
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "source"


@pytest.fixture(params=CASES)
def case(request) -> tuple[Kind, Case]:
    return find(request.param), CASES[request.param]


def test_every_kind_is_tested() -> None:
    assert kinds() == sorted(CASES)


@pytest.mark.parametrize("zipped", [False, True])
def test_what_is_prepared_is_recognised_and_read_back_exactly(case, tmp_path, zipped) -> None:
    kind, one = case
    source, outs = written(tmp_path, one.files, zipped), [tmp_path / "a.zip", tmp_path / "b.zip"]
    told: list[int] = []
    for out in outs:
        made = kind.prepare(source, out, one.values, lambda: told.append(1))
        assert made.examples >= 1
        assert made.wrong == ()
    assert told
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert kind.recognises(outs[0])
    assert kind_of(outs[0]).name == kind.name
    assert not kind.recognises(tmp_path / "none.zip")
    assert one.back(kind.read(outs[0])) == one.expected
    again = kind.check(outs[0])
    assert again.wrong == ()
    assert again.examples >= 1


def test_a_look_at_it_is_small(case, tmp_path) -> None:
    kind, one = case
    kind.prepare(written(tmp_path, one.files), tmp_path / "a.zip", one.values)
    sheet = kind.sheet(tmp_path / "a.zip")
    if isinstance(sheet, str):
        assert 0 < len(sheet) < 10_000
    else:
        assert sheet.ndim == 3
        assert sheet.dtype == np.uint8
        assert sheet.size < 1e7


def test_what_is_wrong_is_said_by_name_and_spares_what_was_there(case, tmp_path) -> None:
    kind, one = case
    source = written(tmp_path, {**one.files, **one.broken})
    (wrong, *_) = kind.check(source).wrong
    (name,) = one.broken
    assert Path(name).stem in wrong or "a.png" in wrong
    assert wrong.endswith(".")
    assert "\n" not in wrong
    (tmp_path / "a.zip").write_bytes(b"before")
    if kind.name != "pictures":  # where what is broken is left out
        with pytest.raises(InvalidArgument):
            kind.prepare(source, tmp_path / "a.zip", one.values)
        assert (tmp_path / "a.zip").read_bytes() == b"before"
    assert [path.name for path in tmp_path.glob(".a.zip*")] == []


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no zip", b"text"])
def test_a_damaged_dataset_is_one_sentence(case, tmp_path, damage) -> None:
    kind, _ = case
    (tmp_path / "a.zip").write_bytes(damage)
    for look in (kind.check, kind.read):
        with pytest.raises(TaxiwayError) as refused:
            look(tmp_path / "a.zip")
        assert "\n" not in str(refused.value)
        with pytest.raises(NotFound):
            look(tmp_path / "none.zip")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
BOX = st.tuples(*[st.floats(-5, 40)] * 4, st.integers(-1, 3))
DESCRIBED = st.fixed_dictionaries(
    {
        "classes": st.lists(st.text(max_size=3), max_size=3) | JSON,
        "boxes": st.dictionaries(st.sampled_from(["a.png", "c.png"]), st.lists(BOX)) | JSON,
    }
)


@settings(max_examples=80, deadline=None)
@given(DESCRIBED | JSON, st.sampled_from([None, 16]))
def test_any_boxes_are_prepared_and_read_back_or_refused_in_a_sentence(found, resolution) -> None:
    kind = find("boxes")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"a.png": png(NOISE["a.png"]), "boxes.json": json.dumps(found).encode()}
        source = written(folder, files, zipped=True)
        try:
            kind.prepare(source, folder / "a.zip", {"resolution": resolution})
        except TaxiwayError as error:
            assert "\n" not in str(error)
            assert not (folder / "a.zip").exists()
            return
        scale = 0.5 if resolution else 1
        (example,) = kind.read(folder / "a.zip").examples
        known = [[*(v * scale for v in box[:4]), box[4]] for box in found["boxes"].get("a.png", ())]
        assert [list(box) for box in example.boxes] == known
        assert kind.check(folder / "a.zip").wrong == ()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | JSON.map(lambda found: json.dumps(found).encode()))
def test_any_description_of_a_dataset_is_read_or_refused_in_a_sentence(data) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.zip"
        for kind in map(find, ("boxes", "masks", "text")):
            with ZipFile(path, "w", ZIP_DEFLATED) as archive:
                archive.writestr(f"{kind.name}.json", data)
            for look in (kind.read, kind.check, kind.sheet):
                try:
                    look(path)
                except TaxiwayError as error:
                    assert "\n" not in str(error)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab \n\u00e4"), max_size=400), st.integers(16, 80))
def test_chunks_joined_are_the_text(text, size) -> None:
    found = list(chunks(text, size))
    assert "".join(found) == text
    assert all(0 < len(piece) <= size for piece in found)


def test_a_label_map_is_read_whatever_it_is_stored_as(tmp_path) -> None:
    palette = Image.fromarray(MAPS["a"])
    palette.putpalette(list(range(9)))
    buffer = io.BytesIO()
    palette.save(buffer, "PNG")
    files = {"pictures/a.jpg": png(NOISE["a.png"]), "pictures/b.png": png(NOISE["b.png"])}
    files |= {"masks/a.png": buffer.getvalue(), "masks/b.png": png(MAPS["b"].astype(np.uint16))}
    kind = find("masks")
    kind.prepare(written(tmp_path, files), tmp_path / "a.zip", {})
    found = kind.read(tmp_path / "a.zip")
    assert found.classes == ("0", "1", "2")
    for number, name in enumerate(("a", "b")):
        np.testing.assert_array_equal(found.load(number).mask, MAPS[name])


def test_lines_broken_at_a_width_are_joined_and_verses_stay() -> None:
    prose = (
        "The old king went down to the sea, and\n"
        "the sea was far away; so far that nobody\n"
        "knew of it."
    )
    verses = "  How doth the little\n  crocodile"
    broken = f"{prose}\n\n\n\n{verses}\n\nAnd then.\n"
    assert unwrapped(broken) == f"{prose.replace(chr(10), ' ')}\n\n{verses}\n\nAnd then."
    assert unwrapped("") == ""


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "There are no words in 'one.txt'."),
        (b"\n \r\n" * 99, "There are no words in 'one.txt'."),
        ("Ein Käse.".encode("latin-1"), "'one.txt' is no text in UTF-8 (byte 5 of it); save"),
        ("Ein Käse.".encode("utf-16"), "'one.txt' is in UTF-16; save it as UTF-8."),
        ("Ein Käse.".encode("utf-16-be"), "'one.txt' is no text in UTF-8 (byte 11 of it)"),
        ("A cheese.".encode("utf-16-be"), "'one.txt' is no text: it has bytes that are 0."),
    ],
)
def test_a_file_that_is_no_text_is_told_by_its_name(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "one.txt").write_bytes(data)
    (wrong,) = find("text").check(tmp_path / "one.txt").wrong
    assert wrong.startswith(says)
    (wrong,) = find("text").check(tmp_path).wrong
    assert f"in '{tmp_path.name}'" in wrong


def test_the_ends_of_texts_are_known(tmp_path: Path) -> None:
    source = written(tmp_path, {"a.txt": b"one two", "b.txt": b"three four five six seven"})
    found = split(source, {"chunk": 16, "held_out": 0})
    assert [found.train[number] for number in found.ends] == ["one two", "six seven"]


@pytest.mark.parametrize("name", ["boxes", "masks", "text"])
def test_the_command_line_prepares_and_reports_every_kind(name, tmp_path, capsys) -> None:
    source, out = written(tmp_path, CASES[name].files), tmp_path / "a.zip"
    assert cli.main(["dataset", "prepare", str(source), str(out), "--kind", name]) == 0
    assert f"Wrote {out}" in capsys.readouterr().out
    page = tmp_path / "report.html"
    assert cli.main(["dataset", "report", str(out), "--out", str(page)]) == 0
    assert "Nothing is wrong with it." in capsys.readouterr().out
    assert ("<pre>" if name == "text" else "data:image/jpeg") in page.read_text()
    words = ("dataset", "prepare", str(tmp_path / "none"), str(out), "--kind", name)
    assert "none" in refusal(capsys, *words)


def test_another_packages_kind_has_the_command_line(tmp_path, monkeypatch, capsys) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A dataset kind"), monkeypatch)
    assert "table" in kinds()
    source, out = tmp_path / "heights.csv", tmp_path / "heights.zip"
    source.write_text("1,2.5\n3,4\n")
    words = ["dataset", "prepare", str(source), str(out), "--kind", "table"]
    assert cli.main(words) == 0
    assert "2 rows." in capsys.readouterr().out.splitlines()
    assert find("table").read(out) == [[1, 2.5], [3, 4]]
    assert kind_of(out).name == "table"
    page = tmp_path / "report.html"
    assert cli.main(["dataset", "report", str(out), "--out", str(page)]) == 0
    assert "<pre>[1.0, 2.5]" in page.read_text()
    source.write_text("1,2.5\nthree\nfour\n")
    said = refusal(capsys, *words)
    assert said.startswith(f"Line 2 of '{source}' is no row of numbers. 1 more: taxiway dataset")
    assert find("table").read(out) == [[1, 2.5], [3, 4]]
