"""Sets of pictures, and boxes out of them and in again."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from annotation.pictured import FIRST, SECOND, pictures, states, with_classes
from taxiway.annotation.exchange import ALONE, bring_in, export, summary
from taxiway.annotation.sets import Sets
from taxiway.annotation.suggest import Asking, asking, proposed, sent
from taxiway.annotation.thumbnails import as_jpeg, thumbnail
from taxiway.core.command import Command
from taxiway.core.datatypes import Array, ImageBoundingBox, Number, Text
from taxiway.core.datatypes import Image as Picture
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import from_data_uri, open_image


@pytest.mark.parametrize("named", ["yolo", "voc", "coco", "csv", "taxiway"])
def test_what_is_exported_is_imported_again(named: str, tmp_path: Path) -> None:
    folder = with_classes(pictures(tmp_path / "one", "a.png", "sub/b.png", "c.png"))
    folder.put("a.png", 0, "done", [FIRST, SECOND])
    folder.put("sub/b.png", 0, "done", [])
    out = tmp_path / f"boxes{ALONE.get(named, '.zip')}"
    assert export(folder, named, out) == 2
    with pytest.raises(InvalidArgument, match="is there already, so it is kept"):
        export(folder, named, out)
    other = with_classes(pictures(tmp_path / "two", "a.png", "sub/b.png", "c.png"), "dog")
    done = bring_in(other, out)
    assert (done.boxes, done.known) == (2, 0)
    ids = {each.name: each.id for each in other.classes().active}
    assert sorted(ids) == ["cat", "dog"]
    wanted = [(*FIRST[:4], ids["cat"]), (*SECOND[:4], ids["dog"])]
    np.testing.assert_allclose(other.one("a.png").boxes, wanted, atol=1e-2)
    assert states(other)["sub/b.png"] == "empty"
    # Once more: nothing comes twice, and nothing goes.
    assert (bring_in(other, out).known, len(other.one("a.png").boxes)) == (2, 2)
    assert "2 were there already" in summary(bring_in(other, out))


def test_nothing_is_imported_where_a_line_is_wrong(tmp_path: Path) -> None:
    folder = with_classes(pictures(tmp_path / "one"))
    table = tmp_path / "boxes.csv"
    table.write_text("filename,class,xmin,ymin,xmax,ymax\na.png,owl,1,1,9,9\nb.png,owl,x,1,9,9\n")
    with pytest.raises(
        InvalidArgument, match=r"Nothing is imported: 'boxes\.csv' .* line 3: a box"
    ):
        bring_in(folder, table)
    assert [each.name for each in folder.classes().active] == ["cat", "dog"]
    assert set(states(folder).values()) == {"todo"}
    with pytest.raises(InvalidArgument, match="No picture is done yet"):
        export(folder, "coco", tmp_path / "out.json")


def test_a_set_takes_pictures_and_zip_files_and_says_what_is_none(tmp_path: Path) -> None:
    sets = Sets(tmp_path / "sets")
    id = sets.create("My birds")
    came = pictures(tmp_path / "came", "a.png", "b.jpg")
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "a.png").write_bytes((came / "images" / "a.png").read_bytes())
    with ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(came / "images" / "b.jpg", "birds/images/../../../b.jpg")
        archive.write(came / "images" / "b.jpg", "birds/images/b.jpg")
        archive.writestr("birds/labels/b.txt", "0 0.5 0.5 0.5 0.5\n")
        archive.writestr("birds/data.yaml", "names: [wren]\n")
        archive.writestr("birds/images/bad.png", "no picture")
    files = [came / "images" / "a.png", tmp_path / "a.png", tmp_path / "note.txt"]
    added = sets.add(id, files)
    assert (added.pictures, added.wrong) == (2, ["'note.txt' is no picture."])
    assert list(states(sets.find(id))) == ["a-2.png", "a.png"]
    added = sets.add(id, [tmp_path / "more.zip"])
    assert "is no picture of a kind that is read" in added.wrong[0]
    assert [each.states for each in sets.all()] == [{"todo": 3}]
    root = sets.find(id).root
    assert root.is_relative_to(tmp_path / "sets")
    assert sets.place(id) == root
    sets.remove(id)
    assert not root.exists()
    with pytest.raises(NotFound):
        sets.find(id)


def test_a_folder_of_the_owners_is_a_set_and_outlives_it(tmp_path: Path) -> None:
    sets, root = Sets(tmp_path / "sets"), pictures(tmp_path / "birds")
    id = sets.take(root)
    assert sets.take(root) == id
    sets.find(id).add_classes(["wren"])
    sets.find(id).put("a.png", 0, "done", [FIRST])
    with pytest.raises(InvalidArgument, match="lie in a folder of yours"):
        sets.add(id, [root / "images" / "a.png"])
    sets.remove(id)
    assert (root / "labels" / "a.txt").is_file()
    assert states(sets.find(sets.take(root)))["a.png"] == "done"
    with pytest.raises(InvalidArgument, match="holds no pictures"):
        sets.take(tmp_path / "sets")
    (tmp_path / "sets" / "odd").mkdir()
    (tmp_path / "sets" / "odd" / "set.json").write_text("{")
    assert ["damaged" in each.error for each in sets.all()] == [False, True]


def test_small_pictures_are_made_of_large_ones(tmp_path: Path) -> None:
    folder = with_classes(pictures(tmp_path, "a.png"))
    Image.new("RGB", (900, 300), "red").save(tmp_path / "images" / "wide.tif")
    assert open_image(thumbnail(folder, "wide.tif"), "a").size == (160, 53)
    assert open_image(as_jpeg(folder, "wide.tif"), "a").size == (900, 300)
    assert from_data_uri(sent(folder, "wide.tif"), "a").size == (900, 300)


def test_what_a_model_finds_is_read_from_what_it_declares() -> None:
    boxes = Array(item_type=ImageBoundingBox())
    finder = Command(
        name="find",
        inputs={"photo": Picture(), "threshold": Number(default=0.5)},
        outputs={
            "bboxes": boxes,
            "classes": Array(item_type=Text()),
            "scores": Array(item_type=Number()),
        },
    )
    painter = Command(name="draw", inputs={}, outputs={"bboxes": boxes})
    assert asking([painter]) is None
    asked = asking([painter, finder])
    assert asked == Asking("find", "photo", "bboxes", "classes")
    outputs = {"bboxes": [[0.1, 0.2, 0.6, 1.4], [0.5, 0.5, 0.5, 0.9]], "classes": ["cat", "dog"]}
    (found,) = proposed(asked, outputs, (200, 100))
    assert found.label == "cat"
    np.testing.assert_allclose(found.sides, (20, 20, 100, 80))
