"""`taxiway annotate`: boxes in and out of a folder, without a page."""

from pathlib import Path
from typing import Any

import pytest

from annotation.pictured import pictures
from command_line import taxiway

TABLE = "filename,class,xmin,ymin,xmax,ymax\na.png,wren,1,2,30,20\nb.png,,,,,\n"


def test_without_a_file_the_studio_is_opened_at_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    begun: list[Any] = []
    monkeypatch.setattr("taxiway.app.run", lambda *given: begun.extend(given))
    folder = pictures(tmp_path / "birds")
    done = taxiway("annotate", folder, "--model", "painter", "--port", "0", "--no-browser")
    assert (done.returncode, done.stderr) == (0, "")
    config, cards, _, beginning = begun
    assert (config.port, config.query_seconds, cards[0].name) == (0, 300, "painter")
    assert beginning.place.startswith("/#annotate=birds")


def test_boxes_come_in_and_go_out_and_no_file_of_others_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    folder = pictures(tmp_path / "birds")
    table, out = tmp_path / "boxes.csv", tmp_path / "boxes.json"
    table.write_text(TABLE)
    done = taxiway("annotate", folder, "--import", table)
    assert done.returncode == 0, done.stderr
    assert "1 box came, for 2 pictures." in done.stdout
    assert "3 pictures, 2 done, 0 skipped; boxes: 1." in done.stdout
    done = taxiway("annotate", folder, "--export", "coco", "--out", out)
    assert done.returncode == 0, done.stderr
    assert '"file_name": "a.png"' in out.read_text()
    before = out.read_bytes()
    table.write_text(TABLE.replace("30", "x"))
    for arguments, says in (
        (("--export", "coco", "--out", out), "is there already, so it is kept"),
        (("--export", "voc", "--out", tmp_path / "boxes.xml"), "ends otherwise than .zip"),
        (("--export", "csv"), "go together"),
        (("--import", table), "'boxes.csv' in"),
        (("--import", folder), "1 were there already"),
    ):
        done = taxiway("annotate", folder, *arguments)
        assert says in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
    assert out.read_bytes() == before
    assert sorted(path.name for path in (folder / "labels").iterdir()) == ["a.txt", "b.txt"]
