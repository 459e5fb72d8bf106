"""The formats of boxes: what is written is read again, and what is damaged is a sentence."""

import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from taxiway.core.errors import TaxiwayError
from taxiway.core.images import upright_size
from taxiway.training.datasets.boxes import Boxes, formats
from taxiway.training.datasets.boxes.faults import faults
from taxiway.training.datasets.boxes.found import Box, Labelled, Pictured

SIZES = {"images/a.png": (640, 480), "images/sub/b.jpg": (33, 200), "images/c.webp": (4000, 3000)}
NAMED = tuple(sorted(formats.FORMATS))
OTHERS = tuple(name for name in NAMED if name != "taxiway")
SIZED = {name: (lambda size=size: size) for name, size in SIZES.items()}
DOCUMENTS = {
    "yolo": ("labels/a.txt", "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.1 0.1\n"),
    "voc": (
        "a.xml",
        "<annotation><filename>a.png</filename><object><name>cat</name><bndbox><xmin>1</xmin>"
        "<ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>",
    ),
    "coco": (
        "a.json",
        json.dumps(
            {
                "images": [{"id": 7, "file_name": "a.png"}],
                "annotations": [{"image_id": 7, "category_id": 3, "bbox": [1, 2, 29, 38]}],
                "categories": [{"id": 3, "name": "cat"}],
            }
        ),
    ),
    "csv": ("a.csv", "filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,30,40\n"),
    "taxiway": (
        "boxes.json",
        '{"classes": ["cat"], "boxes": {"images/a.png": [[1, 2, 29, 38, 0]]}}',
    ),
}


@st.composite
def boxes(draw: st.DrawFn, size: tuple[int, int], classes: int) -> Box:
    spans = []
    for length in size:
        start = draw(st.floats(0, length - 1))
        spans.append((start, draw(st.floats(0.5, length - start))))
    (x, w), (y, h) = spans
    return x, y, w, h, draw(st.integers(0, classes - 1))


@st.composite
def labelled(draw: st.DrawFn) -> Labelled:
    text = st.text("abcdeüß &<>',\"", min_size=1, max_size=8)
    plain = text.map(lambda each: " ".join(each.split())).filter(bool)
    classes = draw(st.lists(plain, min_size=1, max_size=4, unique=True))
    there = draw(st.lists(st.sampled_from(sorted(SIZES)), min_size=1, unique=True))
    pictures = {
        name: Pictured(SIZES[name], draw(st.lists(boxes(SIZES[name], len(classes)), max_size=4)))
        for name in there
    }
    return Labelled(classes, pictures, [])


def stored(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A zip file with those files."""
    path = folder / "boxes.zip"
    with ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def by_name(found: Labelled) -> dict[str, list[tuple[float | str, ...]]]:
    """Boxes with the names of their classes."""
    return {
        name: sorted((found.classes[box[4]], *box[:4]) for box in each.boxes)
        for name, each in found.pictures.items()
    }


@pytest.mark.parametrize("named", NAMED)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=24
)
@given(wanted=labelled())
def test_what_is_written_is_read_again(named: str, tmp_path: Path, wanted: Labelled) -> None:
    path = stored(tmp_path, dict(formats.write(wanted, named)))
    found = formats.read(path, SIZED)
    assert (found.wrong, found.cut) == ([], 0)
    given, there = by_name(found), by_name(wanted)
    assert given.keys() == there.keys()
    for name, expected in there.items():
        # Those of one class may change places within a rounding.
        assert sorted(each[0] for each in given[name]) == sorted(each[0] for each in expected)
        sides = [np.sort([each[1:] for each in some], axis=0) for some in (given[name], expected)]
        np.testing.assert_allclose(*sides, atol=2e-3)


@pytest.mark.parametrize("named", NAMED)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=24
)
@given(data=st.data())
def test_a_damaged_file_is_a_sentence_that_names_it(
    named: str, tmp_path: Path, data: st.DataObject
) -> None:
    name, text = DOCUMENTS[named]
    whole = text.encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 20)))
    damaged = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    path = stored(tmp_path, {name: damaged})
    try:
        found = formats.read(path, SIZED, named)
    except TaxiwayError as error:
        assert name in str(error)
    else:
        assert all(name in each and each.endswith(".") for each in found.wrong)
        for (width, height), boxes in found.pictures.values():
            for x, y, w, h, kind in boxes:
                assert x >= 0 <= y
                assert x + w <= width + 1e-6
                assert y + h <= height + 1e-6
                assert 0 <= kind < len(found.classes)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("labels/a.txt", "0 .5 .5 .1 .1\n0 .5 x .1 .1\n", "line 2: a line takes a class's number"),
        ("labels/a.txt", "0 100 100 50 50\n", "line 1: a line takes a class's number"),
        ("labels/a.txt", "\n0 .5 .5 0 .1\n", "line 2: the box has no width or height"),
        ("labels/z.txt", "0 .5 .5 .1 .1\n", "there is no picture 'images/z'"),
        ("a.xml", "<annotation>\n<object>\n", "line 3: it is no XML"),
        ("a.xml", "<annotation><filename>a.png</filename>\n<object><name>x</name></object>"
         "</annotation>", "line 2: an <object> takes a <bndbox>"),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "line 1: it has a DOCTYPE"),
        ("a.json", '{"images": [],\n"annotations": [}', "line 2: it is not understood"),
        ("a.json", json.dumps({"images": [{"id": 1, "file_name": "a.png"}], "annotations": [
            {"image_id": 2, "category_id": 1, "bbox": [1, 1, 1, 1]}]}), "annotation 0: there"),
        ("a.csv", "filename,class,x1,y1,x2,y2\na.png,cat,1,2,3\n", "line 2: a box takes four"),
        ("a.csv", "a.png,1,2,30,40,cat\nb.png,1,2,3,4,cat\nz.png,1,2,3,4,cat\n", "line 3: there"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_the_file_and_the_line(
    name: str, text: str, says: str, tmp_path: Path
) -> None:
    pictures = {**SIZED, "images/b.png": lambda: (9, 9)}
    found = formats.read(stored(tmp_path, {name: text.encode()}), pictures)
    assert name in found.wrong[0]
    assert says in found.wrong[0]


def test_other_ways_to_write_the_same_are_understood(tmp_path: Path) -> None:
    written = {
        "train/labels/a.txt": "1 0.25 0.25 0.5 0.5 0.93\n0 0.5 0.5 1 0.5 1 1 0.5 1\n",
        "data.yaml": "names: [cat, dog]\nnc: 2\n",
        "README.txt": "hello",
    }
    sizes = {"train/images/a.png": lambda: (100, 100)}
    found = formats.read(stored(tmp_path, {k: v.encode() for k, v in written.items()}), sizes)
    assert found.wrong == []
    assert by_name(found) == {
        "train/images/a.png": [("cat", 50, 50, 50, 50), ("dog", 0, 0, 50, 50)]
    }
    table = "Image;Label;x;y;width;height\r\na.png;cat;-5;1;10;2\r\na.png;;;;;\r\n"
    found = formats.read(stored(tmp_path, {"b.csv": table.encode()}), sizes)
    assert found.wrong == []
    assert found.cut == 1
    assert by_name(found) == {"train/images/a.png": [("cat", 0, 1, 5, 2)]}


def test_a_yolo_folder_is_a_source_of_a_dataset_and_unlabelled_pictures_stay_out(
    tmp_path: Path,
) -> None:
    source = tmp_path / "set"
    for folder in ("images", "labels"):
        (source / folder).mkdir(parents=True)
    for name in ("a", "b", "c"):
        Image.new("RGB", (40, 20), "teal").save(source / "images" / f"{name}.png")
    (source / "labels" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (source / "labels" / "b.txt").write_text("")
    (source / "data.yaml").write_text("names: {0: cat}\n")
    kind = Boxes()
    assert kind.check(source).lines == ("2 labelled pictures, 1 boxes of 1 classes.",)
    examples = kind.read(source)
    assert [(each.name, each.boxes) for each in examples.examples] == [
        ("images/a.png", [(10.0, 5.0, 20.0, 10.0, 0)]),
        ("images/b.png", []),
    ]
    assert examples.examples[0].pixels().shape == (20, 40, 3)
    kind.prepare(source, tmp_path / "out.zip", {"resolution": 20})
    packed = kind.read(tmp_path / "out.zip")
    assert packed.classes == ("cat",)
    assert [each.boxes for each in packed.examples] == [[(5.0, 2.5, 10.0, 5.0, 0)], []]
    (source / "labels" / "a.txt").write_text("9 0.5 0.5 0.5 0.5\n")
    with pytest.raises(TaxiwayError, match=r"'labels/a.txt' in '.*', line 1: there is no class 9"):
        kind.read(source)


def test_faults_are_found(tmp_path: Path) -> None:
    found = faults(
        Labelled(
            ["cat", "dog"],
            {
                "a.png": Pictured((100, 100), [(1, 1, 3, 50, 0), (0, 0, 100, 100, 0)]),
                "b.png": Pictured((100, 100), [(90, 9, 20, 20, 0), (90, 9, 20, 20.5, 0)]),
            },
            [],
        )
    )
    assert [(each.kind, each.picture, each.box) for each in found] == [
        ("few", "", None),
        ("none", "", None),
        ("tiny", "a.png", 0),
        ("whole", "a.png", 1),
        ("edge", "b.png", 0),
        ("edge", "b.png", 1),
        ("twice", "b.png", 1),
    ]


def test_a_picture_that_lies_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "a.jpg", exif=exif)
    with (tmp_path / "a.jpg").open("rb") as file:
        assert upright_size(file) == (20, 40)
