import json
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.training.datasets.pictures import packed
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.packed import is_packed, read_dataset
from taxiway.training.datasets.pictures.prepare import Summary, prepare
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.datasets.pictures.survey import survey
from training.datasets.pictures.folders import fill, noise
from training.datasets.pictures.test_sources import film


def prepared(path: Path, out: Path, plan: Plan | None = None, **options: object) -> Summary:
    labels = options.pop("labels", False)
    with open_source(path, labels) as source:
        return prepare(source, out, plan or Plan(16), **{"force": True, **options})


def messy(folder: Path) -> Path:
    fill(folder, 5)
    noise(2).save(folder / "q-again.bmp")
    noise(90, (10, 10)).save(folder / "q-small.png")
    noise(91, (14, 14)).save(folder / "q-nearly.png")
    Image.new("RGB", (40, 40), "navy").save(folder / "q-night.png")
    (folder / "q-broken.jpg").write_bytes(b"\xff\xd8\xff half")
    (folder / "notes.txt").write_text("x")
    return folder


def test_the_layout_is_that_of_the_stylegan_tools(tmp_path) -> None:
    summary = prepared(fill(tmp_path / "in", 3), tmp_path / "out.zip")
    assert (summary.count(""), summary.written) == (3, 3)
    with ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == [
            *(f"00000/img0000000{i}.png" for i in range(3)),
            "dataset.json",
        ]
        assert {info.compress_type for info in archive.infolist()} == {ZIP_STORED}
        assert json.loads(archive.read("dataset.json")) == {"labels": None}
        with archive.open("00000/img00000001.png") as file:
            assert Image.open(file).size == (16, 16)


def test_folders_become_labels(tmp_path) -> None:
    for i, name in enumerate(("cats", "dogs")):
        fill(tmp_path / "in" / name, 1, first=i)
    prepared(tmp_path / "in", tmp_path / "out.zip", labels=True)
    with ZipFile(tmp_path / "out.zip") as archive:
        labels = json.loads(archive.read("dataset.json"))["labels"]
    assert labels == [["00000/img00000000.png", 0], ["00000/img00000001.png", 1]]
    prepared(tmp_path / "out.zip", tmp_path / "again.zip")
    with ZipFile(tmp_path / "again.zip") as archive:
        assert json.loads(archive.read("dataset.json"))["labels"] == labels


def test_every_picture_is_accounted_for(tmp_path) -> None:
    summary = prepared(messy(tmp_path / "in"), tmp_path / "out.zip")
    assert summary.left_out() == "1 broken, 1 too small, 1 blank, 1 duplicate"
    assert (summary.written, summary.others) == (6, 1)
    text = "\n".join(summary.lines())
    assert "6 of 10 pictures taken, 6 written." in text
    assert "'q-again.bmp', which is 'p002.png' again." in text
    assert "'q-small.png', which has 10 x 10 for 16 pixels." in text
    assert "1 a little smaller than wanted: taken" in text


def test_the_same_pictures_and_seed_give_the_same_bytes(tmp_path) -> None:
    source, plan = messy(tmp_path / "in"), Plan(16, "random", count=2, mirror=True)
    prepared(source, tmp_path / "a.zip", plan)
    prepared(source, tmp_path / "b.zip", plan)
    first = (tmp_path / "a.zip").read_bytes()
    assert first == (tmp_path / "b.zip").read_bytes()
    prepared(source, tmp_path / "c.zip", Plan(16, "random", count=2, mirror=True, seed=1))
    assert first != (tmp_path / "c.zip").read_bytes()
    assert len(read_dataset(tmp_path / "a.zip")) == 6 * 2 * 2


def test_an_interrupted_run_leaves_the_old_file_whole(tmp_path) -> None:
    out = tmp_path / "out.zip"
    out.write_bytes(b"the old one")

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(fill(tmp_path / "in", 3), out, advance=interrupt)
    assert out.read_bytes() == b"the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out.zip"]


def test_too_few_pictures_are_refused(tmp_path) -> None:
    with pytest.raises(InvalidArgument, match=r"takes 50 usable.* here are 6, with 1 broken, 1 "):
        prepared(messy(tmp_path / "in"), tmp_path / "out.zip", force=False)
    assert not (tmp_path / "out.zip").exists()


def test_where_most_are_too_small_a_smaller_size_is_advised(tmp_path) -> None:
    source = fill(tmp_path / "in", 3)
    with pytest.raises(InvalidArgument, match="3 too small; take a smaller --resolution"):
        prepared(source, tmp_path / "out.zip", Plan(256))
    with open_source(source) as found:
        summary = Summary(list(survey(found, Plan(256), 9)), 0)
    assert "too small for this size: take a smaller --resolution." in summary.lines()[-1]


def test_only_what_was_written_here_counts_as_a_dataset(tmp_path) -> None:
    prepared(fill(tmp_path / "in", 2), tmp_path / "out.zip")
    assert is_packed(tmp_path / "out.zip")
    with ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(tmp_path / "in" / "p000.png")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "out.zip").read_bytes()[:-30])
    assert not any(is_packed(tmp_path / name) for name in ("photos.zip", "cut.zip", "none.zip"))


def test_more_than_a_dataset_holds_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(packed, "MAX_BYTES", 1000)
    with pytest.raises(InvalidArgument, match="larger than"):
        prepared(fill(tmp_path / "in", 9), tmp_path / "out.zip")


def test_only_so_many_are_looked_at(tmp_path) -> None:
    assert prepared(fill(tmp_path / "in", 9), tmp_path / "out.zip", limit=4).written == 4


def test_frames_that_look_like_the_last_are_left_out(tmp_path) -> None:
    summary = prepared(film(tmp_path / "film.mp4", seconds=3), tmp_path / "out.zip")
    assert (summary.written, summary.count("alike") + summary.count("duplicate")) == (3, 27)


def test_a_dataset_is_read_again_pixel_for_pixel(tmp_path) -> None:
    source = fill(tmp_path / "in", 2)
    prepared(source, tmp_path / "out.zip")
    pictures = read_dataset(tmp_path / "out.zip")
    expected = noise(1).resize((16, 16), Image.Resampling.LANCZOS, (4, 0, 36, 32))
    np.testing.assert_array_equal(pictures[1], np.asarray(expected))


def test_a_dataset_is_of_one_size_that_there_are_models_of(tmp_path, monkeypatch) -> None:
    for i, side in enumerate((33, 32, 32, 64)):
        noise(i, (side, side)).save(tmp_path / f"{i}.png")
    with pytest.raises(InvalidArgument, match="'0.png' of 33 x 33 pixels; a training takes"):
        read_dataset(tmp_path)
    (tmp_path / "0.png").unlink()
    with pytest.raises(InvalidArgument, match=r"several sizes, such as '3.png'"):
        read_dataset(tmp_path)
    (tmp_path / "3.png").unlink()
    assert read_dataset(tmp_path).shape == (2, 32, 32, 3)
    (tmp_path / "one").mkdir()
    noise(0, (32, 32)).save(tmp_path / "one" / "only.png")
    with pytest.raises(InvalidArgument, match="one picture only"):
        read_dataset(tmp_path / "one")
    monkeypatch.setattr(packed, "memory_here", lambda: 2 * 32 * 32 * 3 - 1.0)
    with pytest.raises(InvalidArgument, match=r"GB of memory, and here are .* --resolution"):
        read_dataset(tmp_path)


def test_unprepared_pictures_are_sent_to_be_prepared(tmp_path) -> None:
    for message in ("holds no pictures", "'p000.png' of 40 x 32 pixels; a training takes squares"):
        with pytest.raises(InvalidArgument, match=rf"{message}.*taxiway dataset prepare"):
            read_dataset(tmp_path)
        fill(tmp_path, 2)
    (tmp_path / "p000.png").write_bytes(b"")
    with pytest.raises(InvalidArgument, match=r"'p000.png' that is empty; make it ready"):
        read_dataset(tmp_path)


def cut_out(seed: int) -> Image.Image:
    """A white disc on nothing; what is hidden is coloured noise."""
    y, x = np.mgrid[:40, :40]
    inside = (y - 20) ** 2 + (x - 14 - seed) ** 2 < 100
    image = noise(seed, (40, 40))
    image.paste("white", mask=Image.fromarray(inside))
    image.putalpha(Image.fromarray((255 * inside).astype(np.uint8)))
    return image


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_pictures_become_grey_coloured_or_transparent(channels, mode, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    for i in range(3):
        cut_out(i).save(tmp_path / "in" / f"{i}.png")
    fill(tmp_path / "in", 2)
    with open_source(tmp_path / "in", channels=channels) as source:
        made = prepare(source, tmp_path / "out.zip", Plan(16, crop="pad"), force=True)
    # a white disc is only seen where there is alpha
    assert made.written == (5 if channels == 4 else 2)
    with ZipFile(tmp_path / "out.zip") as archive, archive.open("00000/img00000000.png") as file:
        assert Image.open(file).mode == mode
    assert read_dataset(tmp_path / "out.zip").shape == (made.written, 16, 16, channels)
    assert read_dataset(tmp_path / "out.zip", 3).shape[3] == 3


def test_the_channels_of_a_dataset_are_those_of_all_its_pictures(tmp_path) -> None:
    noise(0, (16, 16)).convert("L").save(tmp_path / "0.png")
    noise(1, (16, 16)).convert("L").save(tmp_path / "1.png")
    assert read_dataset(tmp_path).shape[3] == 1
    noise(2, (16, 16)).save(tmp_path / "2.png")
    assert read_dataset(tmp_path).shape[3] == 3
    for i in range(3):
        noise(i, (16, 16)).convert("RGBA").save(tmp_path / f"{i}.png")
    assert read_dataset(tmp_path).shape[3] == 3  # alpha that hides nothing
    cut_out(0).resize((16, 16)).save(tmp_path / "2.png")
    pictures = read_dataset(tmp_path)
    assert pictures.shape[3] == 4
    assert (read_dataset(tmp_path, 3)[2, 0, 0] == 255).all()
