import codecs
import io
import json
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.training.datasets.pictures import labels as labels_module
from taxiway.training.datasets.pictures import sources
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.datasets.pictures.packed import packing, read_classes, read_dataset
from taxiway.training.datasets.pictures.prepare import prepare
from taxiway.training.datasets.pictures.sources import open_source
from training.datasets.pictures.folders import fill

PIXEL = io.BytesIO()
Image.new("RGB", (1, 1)).save(PIXEL, "PNG")


def described(folder: Path, text: str | bytes, count: int = 3) -> Path:
    """A zip file of pictures a.png, b.png ... and a dataset.json."""
    with ZipFile(folder / "d.zip", "w") as archive:
        for name in "abcdefgh"[:count]:
            archive.writestr(f"{name}.png", PIXEL.getvalue())
        archive.writestr("dataset.json", text)
    return folder / "d.zip"


def labelled(folder: Path, labels: Any, **more: Any) -> Path:
    return described(folder, json.dumps({"labels": labels, **more}))


def sorted_pictures(folder: Path) -> Path:
    for i, name in enumerate(("cats", "dogs", "birds")):
        fill(folder / name, 2, first=2 * i)
    return folder


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_labels_come_back_as_they_were_packed(numbers) -> None:
    numbers = [0, 1, 2, 3, *numbers]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.zip"
        with packing(path) as packed:
            for number in numbers:
                packed.add(Image.new("RGB", (16, 16), (number, 0, 0)), number)
        classes = read_classes(path)
        assert (classes.of.tolist(), classes.count, classes.names) == (numbers, 4, ())
        assert read_dataset(path)[:, 0, 0, 0].tolist() == numbers  # in the same order


def test_folders_give_classes_with_their_names(tmp_path) -> None:
    source, outs = sorted_pictures(tmp_path / "in"), [tmp_path / "a.zip", tmp_path / "b.zip"]
    for out in outs:
        with open_source(source, labels=True) as opened:
            prepare(opened, out, Plan(16), force=True)
    classes = read_classes(outs[0])
    assert classes.names == ("birds", "cats", "dogs")
    np.testing.assert_array_equal(classes.of, [0, 0, 1, 1, 2, 2])
    assert classes.of.dtype == np.int64
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize("labels", [False, True])
def test_a_packed_dataset_prepared_again_keeps_its_classes(tmp_path, labels) -> None:
    with open_source(sorted_pictures(tmp_path / "in"), labels=True) as opened:
        prepare(opened, tmp_path / "a.zip", Plan(16), force=True)
    with open_source(tmp_path / "a.zip", labels=labels) as opened:
        prepare(opened, tmp_path / "b.zip", Plan(16), force=True)
    assert read_classes(tmp_path / "b.zip").names == ("birds", "cats", "dogs")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_description_of_a_folder_is_read_too(tmp_path) -> None:
    for name in ("00000/a.png", "00000/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(PIXEL.getvalue())
    labels = [["00000\\b.png", 0], ["00000/a.png", 1]]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    assert read_classes(tmp_path).of.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, r"has no labels; sort the pictures into folders, a class each, and: taxiway dat"),
        ([["a.png", 0], ["b.png", 1]], r"has labels for only 2 of 3 pictures: none for 'c.png'\."),
        ([["a.png", 0], ["b.png", 1], ["c.png", None]], "only 2 of 3"),
        ([["a.png", 0.5], ["b.png", 1], ["c.png", 1]], r"labels 'a.png' with 0.5; a training"),
        ([["a.png", [0.1, 0.9]], ["b.png", 1], ["c.png", 1]], r"'a.png' with \[0.1, 0.9\].*whole"),
        ([["a.png", -1], ["b.png", 1], ["c.png", 1]], "'a.png' with -1"),
        ([["a.png", True], ["b.png", 1], ["c.png", 1]], "'a.png' with True"),
        ([["a.png", "1"], ["b.png", 1], ["c.png", 1]], "'a.png' with '1'"),
        ([["a.png", 0], ["b.png", 2], ["c.png", 2]], r"has 3 classes and no picture of 1\."),
        ([["a.png", 0], ["b.png", 10**9], ["c.png", 0]], "has 1000000001 classes and no picture"),
        ([["a.png", 0], ["b.png", 0], ["c.png", 0]], "has pictures of one class; labels need two"),
        ([["a.png", 0], ["b.png", "cat"], ["c.png", "dog"]], "'b.png' with 'cat' while 'a.png' ha"),
        ([["a.png", [1, 1]], ["b.png", 1], ["c.png", 1]], r"'a.png' with \[1, 1\]"),
        ([["a.png", [1, 1]], ["b.png", [0, 1, 1]], ["c.png", [1, 1]]],
         r"'b.png' with \[0, 1, 1\] while 'a.png' has a list of 2"),
        ([["a.png", [1, 1, 0]], ["b.png", [0, 1, 0]], ["c.png", [0, 0, 0]]],
         r"'c.png' with \[0, 0, 0\]; a training takes"),
        ([["a.png", [1, 1, 0]], ["b.png", [0, 1, 0]], ["c.png", [1, 1, 0]]],
         r"has 3 classes and no picture of 2\."),
        ([["a.png", [1, -1]], ["b.png", [0, 1]], ["c.png", [1, 1]]], r"'a.png' with \[1, -1\]"),
        ([["a.png", [1, True]], ["b.png", [0, 1]], ["c.png", [1, 1]]], "'a.png' with"),
        ([["a.png", ["cat", 1]], ["b.png", "cat"], ["c.png", "dog"]], "'a.png' with"),
        ([["a.png", []], ["b.png", 1], ["c.png", 0]], r"'a.png' with \[\]"),
        ([["a.png", {}], ["b.png", 1], ["c.png", 1]], "'a.png' with {}"),
        ([["a.png"]], r"not understood: .*array` of length 2.* `\$\.labels\[0\]`\.$"),
        ([["a.png", 0], ["b.png", 1], 7], r"not understood: .*`\$\.labels\[2\]`\.$"),
        ([["a.png", 0], [7, 1]], r"not understood: .*`\$\.labels\[1\]\[0\]`\.$"),
        (7, r"not understood: .*`\$\.labels`\.$"),
    ],
)  # fmt: skip
def test_labels_that_a_training_cannot_use_are_refused_in_a_sentence(
    tmp_path, labels, message
) -> None:
    with pytest.raises(InvalidArgument, match=message) as refused:
        read_classes(labelled(tmp_path, labels))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "labels",
    [[[1, 1, 0], [0, 0, 1], [0, 1, 1]], [[0.5, 0.5, 0], [0, 0, 3], [0, 7.5, 7.5]],
     [["bird", "cat"], "dog", ["dog", "cat"]]],
    ids=["attributes", "weights", "names"],
)  # fmt: skip
def test_pictures_that_show_several_classes_have_weights(labels, tmp_path) -> None:
    path = labelled(tmp_path, list(zip(("a.png", "b.png", "c.png"), labels, strict=True)))
    classes = read_classes(path)
    weights = [[0.5, 0.5, 0], [0, 0, 1], [0, 0.5, 0.5]]
    assert classes.labels.tolist() == weights
    assert (classes.labels.dtype, classes.count) == (np.float32, 3)
    assert classes.names == (("bird", "cat", "dog") if isinstance(labels[1], str) else ())
    assert classes.of.tolist() == [0, 2, 1]
    assert classes.alike(6).tolist() == [*2 * [weights[0]], *2 * [weights[2]], *2 * [weights[1]]]
    assert classes.places([0, 1, 1, 2, 2]).tolist() == [0, 0, 2, 1, 2]


def test_what_a_dataset_says_of_several_classes_is_kept_when_it_is_prepared(tmp_path) -> None:
    fill(tmp_path / "in", 3)
    labels = [["p000.png", [1, 1, 0]], ["p001.png", [0, 0, 2]], ["p002.png", [0, 1, 1]]]
    (tmp_path / "in" / "dataset.json").write_text(json.dumps({"labels": labels, "classes": "abc"}))
    with open_source(tmp_path / "in") as opened:
        prepare(opened, tmp_path / "a.zip", Plan(16), force=True)
    assert read_classes(tmp_path / "a.zip").labels.tolist() == [
        [0.5, 0.5, 0],
        [0, 0, 1],
        [0, 0.5, 0.5],
    ]


def test_a_folder_without_pictures_is_named(tmp_path) -> None:
    labels = [["a.png", 0], ["b.png", 1], ["c.png", 1]]
    path = labelled(tmp_path, labels, classes=["cats", "dogs", "birds"])
    with pytest.raises(InvalidArgument, match=r"has 3 classes and no picture of 2 \('birds'\)\."):
        read_classes(path)


@pytest.mark.parametrize(
    ("given_names", "kept"),
    [(["x", "y"], ("x", "y")), (["x"], ()), (["x", "x"], ()), (["", "y"], ()), ("xy", ()),
     (["x\n", 7], (r"x\n", "7"))],
)  # fmt: skip
def test_names_are_kept_where_they_tell_classes_apart(tmp_path, given_names, kept) -> None:
    labels = [["a.png", 0], ["b.png", 1], ["c.png", 1]]
    assert read_classes(labelled(tmp_path, labels, classes=given_names)).names == kept


def test_classes_are_drawn_as_they_are_spread() -> None:
    classes = Classes(np.array([1, 0, 1, 1, 2, 1, 0, 1]))
    assert classes.alike(4).tolist() == [0, 1, 1, 2]
    assert classes.alike(16).tolist() == 4 * [0] + 10 * [1] + 2 * [2]
    places = classes.places([0, 0, 1, 1, 2, 2])
    assert classes.of[places].tolist() == [0, 0, 1, 1, 2, 2]
    assert places.tolist() == [1, 6, 2, 5, 4, 4]
    assert classes.of[classes.places([1])].tolist() == [1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)
PAIRS = st.lists(st.tuples(st.sampled_from(["a.png", "b.png"]), JSON), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({"labels": PAIRS | JSON}, optional={"classes": JSON}) | JSON)
def test_any_description_gives_classes_or_one_sentence(found) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = described(Path(folder), json.dumps(found), count=2)
        try:
            classes = read_classes(path)
        except TaxiwayError as error:
            assert str(error).startswith((f"'{path}' has ", f"'{path}' labels "))
            assert "\n" not in str(error)
        else:
            assert isinstance(classes, Classes)
            assert set(classes.of) == set(range(classes.count)) == {0, 1}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"labels": [["a.png", ' + "[" * 99999, "truncated|nested too deeply"),
        ('{"x": ' + "[" * 99999 + "]" * 99999 + "}", "nested too deeply"),
        ("{", "truncated"),
        (b'{"labels": [["\xff", 0]]}', "it is not valid UTF-8"),
        ("[]", "expected `object`"),
        ('{"labels": [["a.png", 0], ["b.png", 1],]}', r"trailing comma.*, after 'b\.png'"),
        ('{"labels": [["a.png", 0], ["b.png", Infinity]]}', r"invalid character.*, after 'b\.png'"),
    ],
)
def test_a_description_that_is_not_understood_is_said(tmp_path, text, why) -> None:
    said = r"has a dataset.json that is not understood: (?i:.*(" + why + r")).*\.$"
    path = described(tmp_path, text)
    with pytest.raises(InvalidArgument, match=said):
        read_classes(path)
    with pytest.raises(InvalidArgument, match=said), open_source(path):
        pass
    with open_source(path, described=False) as source:
        assert source.count == 3


def test_a_description_is_bounded_before_it_is_parsed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sources, "LARGEST_DESCRIPTION", 20)
    monkeypatch.setattr(labels_module, "MAX_BYTES", 20)
    for path in (described(tmp_path, " " * 30), tmp_path / "folder"):
        if path.suffix != ".zip":
            path.mkdir()
            (path / "dataset.json").write_bytes(b" " * 30)
        with pytest.raises(InvalidArgument, match=r"is larger than [01] MB"), open_source(path):
            pass


NAMES = [f"{'dog' if i % 2 == 0 else 'cat'}/{i}.png" for i in range(4)]
UNDERSTOOD: dict[str, list[tuple[str, object]]] = {
    "numbers": [(name, 0 if "dog" in name else 1) for name in NAMES],
    "whole floats": [(name, 0.0 if "dog" in name else 1.0) for name in NAMES],
    "backslashes": [(name.replace("/", "\\"), 0 if "dog" in name else 1) for name in NAMES],
    "one-hot": [(name, [1, 0] if "dog" in name else [0, 1]) for name in NAMES],
    "one-hot floats": [(name, [1.0, 0.0] if "dog" in name else [0.0, 1.0]) for name in NAMES],
    "words": [(name, "a dog" if "dog" in name else "cat") for name in NAMES],
}


SPELT: dict[str, Callable[[str], str]] = {
    "as they are": str,
    "./": lambda name: f"./{name}",
    "/": lambda name: f"/{name}",
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
}


@pytest.mark.parametrize("spelling", SPELT.values(), ids=SPELT)
def test_a_label_finds_its_picture_however_the_name_is_spelt(spelling, tmp_path) -> None:
    names = ["00000/a.png", "00000/b.png", "00001/\u00e9.png"]
    text = json.dumps({"labels": [[spelling(name), i % 2] for i, name in enumerate(names)]})
    with ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in names:
            archive.writestr(name, PIXEL.getvalue())
        archive.writestr("dataset.json", codecs.BOM_UTF8 + text.encode())
    assert read_classes(tmp_path / "d.zip").of.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "spelling", [str.upper, lambda name: f"00000/{name}", lambda name: name[:1]]
)
def test_labels_of_other_pictures_are_said_and_not_lost(spelling, tmp_path) -> None:
    path = labelled(tmp_path, [[spelling(f"{name}.png"), 0] for name in "abc"])
    said = pytest.raises(InvalidArgument, match=r"labels of other pictures.*; here is 'a\.png'\.")
    with said, open_source(path):
        pass


def test_two_labels_of_a_picture_agree(tmp_path) -> None:
    pairs = [["a.png", 0], ["b.png", 1], ["c.png", 1], ["b.png", 1]]
    assert read_classes(labelled(tmp_path, pairs)).of.tolist() == [0, 1, 1]
    with pytest.raises(InvalidArgument, match=r"labels 'b\.png' with 0 after another label"):
        read_classes(labelled(tmp_path, [*pairs, ["b.png", 0]]))


def test_numbers_that_are_text_are_in_their_order(tmp_path) -> None:
    path = labelled(tmp_path, [["a.png", "10"], ["b.png", "9"], ["c.png", "x"]])
    assert read_classes(path).names == ("9", "10", "x")


def test_pictures_without_a_label_are_said_when_they_are_prepared(tmp_path) -> None:
    fill(tmp_path / "in", 3)
    (tmp_path / "in" / "dataset.json").write_text('{"labels": [["p001.png", 0]]}')
    with open_source(tmp_path / "in") as opened:
        made = prepare(opened, tmp_path / "a.zip", Plan(16), force=True)
    assert "2 without a label, such as 'p000.png'" in " ".join(made.lines())


@pytest.mark.parametrize("kind", UNDERSTOOD)
@pytest.mark.parametrize("wrapped", ["", "animals/"])
@pytest.mark.parametrize("windows", [False, True])
def test_labels_as_people_have_them_are_understood_when_they_prepare_and_train(
    tmp_path, kind, wrapped, windows
) -> None:
    with ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in [*NAMES, "dataset.json"]:
            info = ZipInfo(wrapped + name)
            info.filename = info.filename.replace("/", "\\") if windows else info.filename
            text = json.dumps({"labels": UNDERSTOOD[kind]}).encode()
            archive.writestr(info, PIXEL.getvalue() if name.endswith(".png") else text)
    wanted = [1, 1, 0, 0]  # by name: cats, then dogs
    with open_source(tmp_path / "d.zip") as source:
        assert [item.label for item in source.items] == wanted
        assert source.others == 0
    assert read_classes(tmp_path / "d.zip").of.tolist() == wanted


@pytest.mark.parametrize("wrapped", ["", "animals/", "my/animals/"])
@pytest.mark.parametrize("windows", [False, True])
def test_folders_are_classes_also_in_a_folder_of_their_own(tmp_path, wrapped, windows) -> None:
    with ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in [*(wrapped + name for name in NAMES), "__MACOSX/animals/._a"]:
            info = ZipInfo(name)
            info.filename = name.replace("/", "\\") if windows else name
            archive.writestr(info, PIXEL.getvalue())
    with open_source(tmp_path / "d.zip", labels=True) as source:
        assert source.classes == ("cat", "dog")
        assert [item.label for item in source.items] == [0, 0, 1, 1]
