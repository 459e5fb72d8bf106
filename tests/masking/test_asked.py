"""Masks that a model is asked for: shown the keys, followed, gone on with after a stop."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taxiway.core.command import Command, Values
from taxiway.core.errors import InvalidArgument, ModelFailed, TaxiwayError
from taxiway.core.tool import QuietJob
from taxiway.families.segmenter.model import Segmenter
from taxiway.film.writer import Manner, write_film
from taxiway.masking.asked import Asked, cuts_out
from taxiway.masking.project import FOLDER, Clicks, Project
from taxiway.masking.propagate import propagated
from taxiway.tools.mask import Masking

FRAMES = 9
SIZE = (40, 60)


class Bright:
    """A model that takes what is bright, and remembers what it was asked."""

    identity = ""
    commands: Mapping[str, Command] = Segmenter.commands

    def __init__(self, name: str = "bright") -> None:
        self.name = name
        self.calls: list[tuple[str, Values]] = []

    def ask(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        [call] = batch
        self.calls.append((command, call))
        if call["image"].max() < 50:
            return [ModelFailed("It is too dark.")]
        return [{"mask": (call["image"][:, :, 0] > 120).astype(np.uint8) * 255}]

    @property
    def told(self) -> list[tuple[int, bool, bool]]:
        """Of each frame to follow its number, whether it began, and whether a mask came."""
        calls = [call for command, call in self.calls if command == "follow"]
        return [(call["frame"], call["begin"], call["mask"] is not None) for call in calls]


def frames() -> list[Any]:
    found = []
    for index in range(FRAMES):
        picture = np.full((*SIZE, 3), 60, np.uint8)
        picture[10:30, 5 + 3 * index : 25 + 3 * index] = 220
        found.append(picture)
    return found


def project_of(folder: Path, model: Asked) -> Project:
    project = Project(folder, model.cut)
    assert sum(1 for _ in project.take(frames(), "film.mp4", 10)) == FRAMES
    project.use(model.name)
    return project


def test_a_model_is_shown_the_keys_and_follows_from_the_nearer(tmp_path: Path) -> None:
    bright = Bright()
    project = project_of(tmp_path, Asked(bright))
    for index in (2, 7):
        mask = project.click(Clicks(frame=index, include=[[0.4, 0.5]], exclude=[[0, 0]]))
        assert mask is not None
        assert mask[20, 20 + 3 * index - 10]
    _, call = bright.calls[0]
    assert (call["include"], call["exclude"]) == ([[0.4, 0.5]], [[0, 0]])
    assert (call["box"], call["mask"]) == (None, None)
    for index, mask in propagated(project, Asked(bright)):
        assert mask.sum() == 400, index
    assert bright.told == [
        (7, True, True), (2, False, True), (3, False, False), (4, False, False),
        (7, True, True), (2, False, True), (1, False, False), (0, False, False),
        (2, True, True), (7, False, True), (8, False, False),
        (2, True, True), (7, False, True), (6, False, False), (5, False, False),
    ]  # fmt: skip


def test_after_a_stop_it_goes_on_from_the_last_mask(tmp_path: Path) -> None:
    bright = Bright()
    project = project_of(tmp_path, Asked(bright))
    project.click(Clicks(frame=0, include=[[0.2, 0.5]]))
    for index, _ in propagated(project, Asked(bright)):
        if index == 5:
            break
    again = Bright()
    assert len(list(propagated(project, Asked(again)))) == FRAMES - 1
    assert again.told == [
        (0, True, True), (5, False, True), (6, False, False), (7, False, False), (8, False, False),
    ]  # fmt: skip


def test_another_model_cuts_out_anew(tmp_path: Path) -> None:
    project = project_of(tmp_path, Asked(Bright()))
    project.click(Clicks(frame=0, include=[[0.2, 0.5]]))
    list(propagated(project, Asked(Bright())))
    assert project.masked() == FRAMES
    other = Bright("other")
    project.cut = Asked(other).cut
    project.use("other")
    assert [command for command, _ in other.calls] == ["segment"]
    assert project.masked() == 1
    project.use("other")
    assert len(other.calls) == 1


def test_the_tool_takes_a_model_and_keeps_to_it(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    write_film(film, frames(), FRAMES, Manner(fps=10))
    given = Masking.command.decode({"film": film, "clicks": {"frame": 0, "include": [[0.2, 0.5]]}})
    folder = tmp_path / "cut"
    folder.mkdir()
    bright = Bright()
    done = Masking().run(None, {**given, "other": bright}, QuietJob(folder))
    assert done["frames"] == FRAMES
    assert [command for command, _ in bright.calls].count("segment") == 1
    alone = Masking.command.decode({"film": film, "form": "masks"})
    assert Masking().run(None, alone, QuietJob(folder))["file"] == "masks"
    (folder / FOLDER / "masks" / "00004.png").unlink()
    with pytest.raises(InvalidArgument, match="cut out by 'bright': give --model bright"):
        Masking().run(None, alone, QuietJob(folder))


def test_other_models_are_refused_and_what_one_says_is_said() -> None:
    plain = Bright()
    plain.commands = {"segment": Segmenter.commands["segment"]}
    assert not cuts_out(plain.commands.values())
    with pytest.raises(InvalidArgument, match="'bright' does not cut out by clicks"):
        Asked(plain)
    with pytest.raises(ModelFailed, match="too dark"):
        Asked(Bright()).ask("segment", {"image": np.zeros((4, 4, 3), np.uint8)})
