"""Boxes of a folder: kept whole, shared with other programs, lost by nobody."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from annotation.pictured import FIRST, SECOND, pictures, states, with_classes
from taxiway.annotation import folder as module
from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.records import FOLDER, BoxClass
from taxiway.core.errors import Busy, Conflict, InvalidArgument, NotFound, Unavailable
from taxiway.training.datasets.boxes import Boxes

DRAWS = """
import sys
from pathlib import Path
from taxiway.annotation.folder import AnnotatedFolder
folder, boxes, version = AnnotatedFolder(Path(sys.argv[1])), [], 0
while True:
    boxes.append((float(len(boxes) % 60), 1.0, 9.0, 9.0, 0))
    version = folder.put("a.png", version, "done", boxes).version
    print(len(boxes), flush=True)
"""


def labels(folder: AnnotatedFolder) -> dict[str, list[int]]:
    """The classes, by number, of what others read."""
    return {
        path.stem: [int(line.split()[0]) for line in path.read_text().splitlines()]
        for path in sorted((folder.root / "labels").glob("*.txt"))
    }


def changed(one: BoxClass, **more: object) -> BoxClass:
    return msgspec.structs.replace(one, **more)


def test_each_state_is_what_a_trainer_reads(tmp_path: Path) -> None:
    folder = with_classes(pictures(tmp_path))
    assert states(folder) == dict.fromkeys(["a.png", "b.png", "c.png"], "todo")
    assert folder.put("a.png", 0, "open", [FIRST]).version == 1
    folder.put("b.png", 0, "done", [])
    folder.put("c.png", 0, "done", [FIRST, SECOND])
    assert list(states(folder).values()) == ["begun", "empty", "done"]
    assert labels(folder) == {"b": [], "c": [0, 1]}
    folder.put("c.png", 1, "skipped", [FIRST, SECOND])
    folder.put("a.png", 1, "done", [FIRST])
    assert list(states(folder).values()) == ["done", "empty", "skipped"]
    read = Boxes().read(tmp_path)
    assert read.classes == ("cat", "dog")
    assert [(each.name, each.boxes) for each in read.examples] == [
        ("images/a.png", [FIRST]),
        ("images/b.png", []),
    ]
    # Another program, or another start, finds all of it.
    assert states(AnnotatedFolder(tmp_path)) == states(folder)
    assert folder.one("c.png").boxes == [FIRST, SECOND]


def test_a_change_of_an_older_version_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    folder, other = with_classes(pictures(tmp_path)), AnnotatedFolder(tmp_path)
    folder.put("a.png", 0, "done", [FIRST])
    with pytest.raises(Conflict, match=r"'a\.png' was changed elsewhere"):
        other.put("a.png", 0, "done", [SECOND])
    assert other.one("a.png").boxes == [FIRST]
    # Sent once more, as after an answer that did not come, it is no conflict.
    assert folder.put("a.png", 0, "done", [FIRST]).version == 1
    with pytest.raises(Conflict, match="The classes were changed elsewhere"):
        folder.put_classes(0, folder.classes().classes)


def test_many_hands_at_once_lose_no_box(tmp_path: Path) -> None:
    with_classes(pictures(tmp_path))

    def draw(number: int) -> None:
        folder = AnnotatedFolder(tmp_path)
        while True:
            shown = folder.one("a.png")
            boxes = [*shown.boxes, (float(number), 0.0, 5.0, 5.0, 0)]
            try:
                folder.put("a.png", shown.version, "done", boxes)
                return
            except (Conflict, Busy):  # others came first, or held the lock
                continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(draw, range(12)))
    assert sorted(box[0] for box in AnnotatedFolder(tmp_path).one("a.png").boxes) == [*range(12)]


def test_killed_at_any_moment_all_that_was_said_to_be_kept_is_there(tmp_path: Path) -> None:
    with_classes(pictures(tmp_path))
    drawing = [sys.executable, "-c", DRAWS, str(tmp_path)]
    with subprocess.Popen(drawing, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 12:
                process.kill()
                break
    folder = AnnotatedFolder(tmp_path)
    folder.settle()
    shown = folder.one("a.png")
    assert len(shown.boxes) >= 12
    folder.put("a.png", shown.version, "done", shown.boxes[:3])
    assert labels(folder) == {"a": [0, 0, 0]}
    there = {path.name for path in (tmp_path / "labels").iterdir()}
    assert {name for name in there if not name.startswith(".")} == {"a.txt"}


def test_labels_that_could_not_be_written_are_still_known_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_classes(pictures(tmp_path))
    folder.put("a.png", 0, "done", [FIRST])
    with monkeypatch.context() as full:
        full.setattr("taxiway.annotation.folder.write_ours", no_room)
        for version, boxes in ((1, [SECOND]), (2, [FIRST, SECOND])):
            with pytest.raises(Unavailable):
                folder.put("a.png", version, "done", boxes)
    folder.put("a.png", 3, "done", [FIRST, SECOND])
    assert labels(folder) == {"a": [0, 1]}
    assert [path.name for path in (tmp_path / "labels").iterdir()] == ["a.txt"]


def test_first_labels_that_could_not_be_written_come_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_classes(pictures(tmp_path))
    with monkeypatch.context() as full:
        full.setattr("taxiway.annotation.folder.write_ours", no_room)
        with pytest.raises(Unavailable):
            folder.put("a.png", 0, "done", [FIRST])
    assert folder.put("a.png", 0, "done", [FIRST]).version == 1
    assert labels(folder) == {"a": [0]}
    # Somebody else's stay as they are.
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 0.1 0.1")
    folder.put("a.png", 1, "done", [FIRST])
    assert labels(folder) == {"a": [1]}


def no_room(*_: object) -> None:
    raise Unavailable("There is no room.")


def test_classes_are_renamed_deleted_and_taken_back_with_their_boxes(tmp_path: Path) -> None:
    folder = with_classes(pictures(tmp_path))
    folder.put("a.png", 0, "done", [FIRST, SECOND])
    folder.put("b.png", 0, "done", [SECOND])
    cat, dog = folder.classes().classes
    assert folder.overview().counts == {0: 1, 1: 2}
    hidden = [changed(cat, deleted=True), changed(dog, name="wolf", key="w")]
    overview = folder.put_classes(folder.classes().version, hidden)
    assert labels(folder) == {"a": [0], "b": [0]}
    assert "0: wolf" in (tmp_path / "data.yaml").read_text()
    assert overview.counts == {0: 1, 1: 2}
    # What is done to a picture meanwhile leaves the hidden box alone.
    folder.put("a.png", folder.one("a.png").version, "done", [])
    folder.put_classes(overview.version, [cat, dog])
    assert folder.one("a.png").boxes == [FIRST]
    assert labels(folder) == {"a": [0], "b": [1]}
    with pytest.raises(InvalidArgument, match="There is a class 'Cat' already"):
        folder.put_classes(folder.classes().version, [cat, changed(dog, name="Cat")])
    with pytest.raises(InvalidArgument, match="The key 'q' does something else here"):
        folder.put_classes(folder.classes().version, [cat, changed(dog, key="q")])


def test_a_crash_while_classes_move_is_mended_and_nobody_trains_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_classes(pictures(tmp_path))
    for name in ("a.png", "b.png"):
        folder.put(name, 0, "done", [SECOND])
    cat, dog = folder.classes().classes
    whole = module.write_ours

    def crash(path: Path, text: str | None, ours: list[str]) -> None:
        if path.name == "b.txt":
            raise RuntimeError("power cut")
        whole(path, text, ours)

    monkeypatch.setattr(module, "write_ours", crash)
    with pytest.raises(RuntimeError):
        folder.put_classes(folder.classes().version, [changed(cat, deleted=True), dog])
    assert labels(folder) == {"a": [0], "b": [1]}
    assert not (tmp_path / "data.yaml").exists()
    monkeypatch.undo()
    again = AnnotatedFolder(tmp_path)
    again.settle()
    assert labels(again) == {"a": [0], "b": [0]}
    assert "dog" in (tmp_path / "data.yaml").read_text()


def test_what_other_programs_labelled_is_taken_over_and_kept(tmp_path: Path) -> None:
    pictures(tmp_path)
    (tmp_path / "labels").mkdir()
    foreign = {"a": "1 0.25 0.25 0.25 0.25\n", "b": "", "c": "0 0.5 0.5 0.2 0.2\n7 7 what\n"}
    for stem, text in foreign.items():
        (tmp_path / "labels" / f"{stem}.txt").write_text(text)
    (tmp_path / "data.yaml").write_text("names: [cat, dog]\nnc: 2\n")
    folder = AnnotatedFolder(tmp_path)
    overview = folder.overview()
    assert [each.name for each in overview.classes] == ["cat", "dog"]
    assert [each.state for each in overview.pictures] == ["done", "empty", "done"]
    assert "'labels/c.txt' in" in overview.troubles[0]
    assert "line 2" in overview.troubles[0]
    assert folder.one("a.png").boxes == [(10.0, 5.0, 20.0, 10.0, 1)]
    assert not (tmp_path / FOLDER).exists()
    folder.put("a.png", 0, "done", [FIRST])
    assert (tmp_path / "labels" / "a.txt.kept").read_text() == foreign["a"]
    assert labels(folder) == {"a": [0], "b": [], "c": [0, 7]}
    # Once classes are counted otherwise, all are ours, and those of others are kept beside.
    cat, dog = folder.classes().classes
    folder.put_classes(folder.classes().version, [changed(cat, deleted=True), dog])
    assert labels(folder) == {"a": [], "b": [], "c": []}
    assert (tmp_path / "labels" / "c.txt.kept").read_text() == foreign["c"]
    assert (tmp_path / "data.yaml.kept").read_text() == "names: [cat, dog]\nnc: 2\n"


def test_where_nothing_can_be_written_it_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    pictures(tmp_path)
    (tmp_path / FOLDER).write_text("a file of somebody's")
    with pytest.raises(Unavailable, match="cannot be written to: File exists"):
        AnnotatedFolder(tmp_path).add_classes(["cat"])
    assert (tmp_path / FOLDER).read_text() == "a file of somebody's"


def test_labels_beside_pictures_stay_beside_them(tmp_path: Path) -> None:
    pictures(tmp_path / "more")
    flat = tmp_path / "more" / "images"
    (flat / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    folder = AnnotatedFolder(flat)
    assert list(states(folder).values()) == ["done", "todo", "todo"]
    folder.put("a.png", 0, "done", [])
    folder.put("b.png", 0, "done", [])
    assert (flat / "a.txt").read_text() == (flat / "labels" / "b.txt").read_text() == ""
    assert len(Boxes().read(flat).examples) == 2
    assert [each.name for each in AnnotatedFolder(flat).classes().active] == ["0"]


def test_what_is_no_picture_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = with_classes(pictures(tmp_path, "a.png", "a.jpg", "sub/b.png"))
    (tmp_path / "images" / "broken.png").write_bytes(b"no picture")
    assert list(states(folder)) == ["a.jpg", "broken.png", "sub/b.png"]
    assert "rename one" in folder.overview().troubles[0]
    for name in ("../images/a.jpg", "/etc/passwd", "", "none.png", "sub/../a.jpg"):
        with pytest.raises(NotFound):
            folder.one(name)
    with pytest.raises(InvalidArgument, match=r"'broken\.png' is no picture"):
        folder.one("broken.png")
    for box in ((0, 0, 0, 5, 0), (90, 0, 5, 5, 0), (float("nan"), 0, 5, 5, 0), (0, 0, 5, 5, 9)):
        with pytest.raises(InvalidArgument, match=r"A box takes|There is no class"):
            folder.put("a.jpg", 0, "done", [box])
    (tmp_path / FOLDER / "pictures" / "a.jpg.json").parent.mkdir(exist_ok=True)
    (tmp_path / FOLDER / "pictures" / "a.jpg.json").write_text(json.dumps({"boxes": 3}))
    assert "is damaged" in " ".join(folder.overview().troubles)
