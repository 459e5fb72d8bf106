"""Motion: a picture moves as the film does, from its first frame on; a film is written of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from skimage import data

from drawn import texture
from taxiway.core.command import Command
from taxiway.core.datatypes import Image
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import to_data_uri
from taxiway.core.model import ModelSpec, decode_options
from taxiway.core.tool import QuietJob
from taxiway.families.motion.films import MOST, Films, Key, digest
from taxiway.families.motion.followed import RIM, Followed
from taxiway.families.motion.model import Motion
from taxiway.film.writer import Manner, write_film
from taxiway.tools.drive import Drive, facts_of
from taxiway.vision.warping import moved, warped

COMMAND = Motion.commands["animate"]
STILL = texture(7, 120, 160, [(20, 40, 80), (200, 120, 60), (240, 230, 180)])
BEGIN = np.array([[60, 50], [100, 50], [80, 80.0]])


def driving(far: float) -> Any:
    """The film's frame in which three points have gone to the right and down."""
    rim = RIM * [159, 119]
    to = BEGIN + np.array([6, 3]) * far
    return warped(STILL, np.concatenate([BEGIN, rim]), np.concatenate([to, rim]))


@pytest.fixture(scope="module")
def model() -> Motion:
    motion = Motion()
    motion.setup("cpu", decode_options("motion", Motion, {}))
    return motion


def animated(model: Motion, source: Any, frame: Any, caller: str = "", **wire: Any) -> Any:
    given = {"source_image": source, "driving_image": frame, **wire}
    sent = {
        name: to_data_uri(value, "PNG") if isinstance(value, np.ndarray) else value
        for name, value in given.items()
    }
    [answer] = model.predict("animate", [{**COMMAND.decode(sent), "caller": caller}])
    assert answer["image"] is answer["output"]
    return answer["image"].astype(int)


def test_whole_films_are_offered_where_a_picture_and_a_film_go_in() -> None:
    lone = Command(name="draw", inputs={"image": Image()}, outputs={"image": Image()})
    assert Drive.takes.suits("motion", Motion.commands.values())
    assert not Drive.takes.suits("lineart", [lone])
    spec = ModelSpec(name="lineart", family="lineart")
    with pytest.raises(InvalidArgument, match="that take driving_image, source_image; 'lineart'"):
        Drive.takes.check("drive", spec, [lone])


def test_the_first_frame_is_at_rest_and_later_ones_move_it(model: Motion) -> None:
    assert np.abs(animated(model, STILL, driving(0), restart=True) - STILL).mean() < 1
    for far in (0.5, 1, 1.5):
        made = animated(model, STILL, driving(far))
    wanted = driving(1.5).astype(int)
    assert np.abs(made - wanted).mean() < 0.35 * np.abs(STILL - wanted).mean()
    still = animated(model, STILL, driving(1.5), amount=0)
    assert np.abs(still - STILL).mean() < 1
    assert np.abs(animated(model, STILL, driving(0), restart=True) - STILL).mean() < 1


def test_another_picture_or_size_begins_anew(model: Motion) -> None:
    animated(model, STILL, driving(0), restart=True)
    other = texture(8, 90, 90, [(0, 0, 0), (200, 200, 90)])
    np.testing.assert_allclose(animated(model, other, driving(2)), other, atol=2)
    assert digest(other) != digest(other.reshape(45, 180, 3))
    np.testing.assert_allclose(animated(model, other, driving(2)[:, :100]), other, atol=2)


def test_each_caller_has_a_film_for_each_picture(model: Motion) -> None:
    """Others may ask in between, and for other pictures; who goes leaves nothing."""
    other = texture(8, 120, 160, [(0, 0, 0), (200, 200, 90)])
    model.films = Films()
    for far in (0, 0.5, 1, 1.5):
        made = animated(model, STILL, driving(far), "one")
        still = animated(model, STILL, driving(1.5 - far), "another")
        animated(model, other, driving(0), "one")
    alone = Motion()
    alone.setup("cpu", decode_options("motion", Motion, {}))
    for far in (0, 0.5, 1, 1.5):
        wanted = animated(alone, STILL, driving(far))
        back = animated(alone, STILL, driving(1.5 - far), "back")
    np.testing.assert_array_equal(made, wanted)
    np.testing.assert_array_equal(still, back)
    assert len(model.films) == 3
    model.forget("one")
    assert len(model.films) == 1
    model.forget("nobody")


def test_films_are_bounded_and_the_oldest_go() -> None:
    films, begun = Films(), list[int]()
    scene: Any = SimpleNamespace(see=lambda frame: None)

    def seen(number: int, anew: bool = False) -> None:
        key = Key(str(number), "picture", (1, 1, 3))
        films.seen(key, lambda: [scene, begun.append(number)][0], STILL, anew)

    for number in range(MOST + 1):
        seen(number)
        seen(0)
    assert len(films) == MOST
    assert begun == [*range(MOST + 1)], "who asks all the time stays"
    seen(1)
    seen(0, anew=True)
    assert begun[-2:] == [1, 0]


def test_old_clients_have_their_square(model: Motion) -> None:
    flags = {"crop_square": True, "use_relative_movement": False}
    assert animated(model, STILL, driving(0), **flags).shape == (256, 256, 3)


def test_from_a_face_to_a_face(model: Motion) -> None:
    face = data.astronaut()[0:256, 96:352]
    wide = np.concatenate([np.full((256, 100, 3), 90, np.uint8), face], axis=1)
    animated(model, wide, face, restart=True)
    scene = [*model.films._scenes.values()][-1]
    assert isinstance(scene, Followed)
    placed = scene.placed(np.array([[100.0, 100.0]]))
    np.testing.assert_allclose(placed, [[200, 100]], atol=6)
    animated(model, wide, np.roll(face, 6, 0), use_relative_movement=False)


@pytest.mark.parametrize("size", [(1, 1), (5, 200), (30, 30)], ids=str)
def test_plain_and_tiny_frames_do_no_harm(model: Motion, size: tuple[int, int]) -> None:
    plain = np.full((*size, 3), 70, np.uint8)
    for _ in range(2):
        assert animated(model, STILL, plain).shape == STILL.shape
        assert animated(model, plain, driving(1)).shape == plain.shape


def test_points_go_where_they_are_sent_and_others_with_them() -> None:
    places = moved(BEGIN, BEGIN, BEGIN + 5)
    np.testing.assert_allclose(places, BEGIN + 5, atol=0.01)
    np.testing.assert_allclose(moved(BEGIN + 1, BEGIN, BEGIN[:, ::-1] * 0 + 3), 3 + BEGIN * 0)


def test_a_film_moves_it_as_a_job(model: Motion, tmp_path: Path) -> None:
    film = tmp_path / "driving.mp4"
    write_film(film, [driving(far) for far in (0, 1, 2)], 3, Manner(fps=12))
    opened = SimpleNamespace(name="motion", commands=Motion.commands, ask=model.predict)
    values = Drive.command.decode({"picture": to_data_uri(STILL, "PNG"), "film": film})
    assert Drive().run(opened, values, QuietJob(tmp_path)) == {"file": "moved.mp4", "frames": 3}
    assert facts_of(tmp_path / "moved.mp4") == (3, 12, False)
    still = SimpleNamespace(name="still", commands={}, ask=None)
    with pytest.raises(InvalidArgument, match="'still' moves no pictures"):
        Drive().run(still, values, QuietJob(tmp_path))
