"""Films of walks, looked at again."""

import base64
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

from players import small_renderer
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import open_image
from taxiway.core.tool import QuietJob, Stopped
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.rendering.files import read_latents
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.renderer import TorchRenderer
from taxiway.families.stylegan.tools.video import Video


def film(folder: Path, player: Any = None, stop_after: float | None = None, **inputs: Any) -> Any:
    wire = {"keys": "1,5,9", "seconds": 1, "fps": 12, **inputs}
    job = QuietJob(folder, stop_after)
    return Video().run(player or small_renderer(), Video.command.decode(wire), job)


def frames(path: Path) -> np.ndarray[Any, Any]:
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def test_a_loop_has_its_frames_and_its_end_meets_its_start(tmp_path: Path) -> None:
    answer = film(tmp_path, seconds=2, crf=8)
    assert answer == {"file": "film.mp4", "frames": 24, "drawn": 24, "ground": ""}
    seen = frames(tmp_path / "film.mp4").astype(int)
    assert seen.shape == (24, 32, 32, 3)
    steps = np.abs(np.diff(seen, axis=0)).mean(axis=(1, 2, 3))
    closing = np.abs(seen[0] - seen[-1]).mean()
    assert 0 < closing < 2 * steps.max()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_the_first_frame_is_the_first_key(tmp_path: Path) -> None:
    film(tmp_path, file="pictures", truncation=0.7)
    player = small_renderer()
    expected = player.images(player.ws(player.z_of_seeds([1]), truncation=0.7))[0]
    shown = np.asarray(open_image((tmp_path / "pictures/frame00000.png").read_bytes(), "frame"))
    assert np.abs(shown.astype(int) - expected).max() <= 1
    assert len(list((tmp_path / "pictures").iterdir())) == 12
    [latent] = read_latents(tmp_path / "pictures/frame00000.png", player.shape)
    np.testing.assert_array_equal(player.images(latent.numbers[None])[0], shown)


@pytest.mark.parametrize("name", ["film.webm", "film.gif", "film.apng"])
def test_other_formats_have_as_many_frames(name: str, tmp_path: Path) -> None:
    film(tmp_path, file=name)
    assert len(frames(tmp_path / name)) == 12


def test_a_stopped_film_goes_on_and_another_bit_rate_draws_nothing_anew(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        film(tmp_path, stop_after=5)
    assert not (tmp_path / "film.mp4").exists()
    kept = tmp_path / "film.mp4.frames"
    assert len(list(kept.iterdir())) == 5
    assert film(tmp_path, bitrate=0.2)["drawn"] == 7
    assert not kept.exists()
    whole = frames(tmp_path / "film.mp4")
    film(tmp_path, bitrate=0.2)
    np.testing.assert_array_equal(frames(tmp_path / "film.mp4"), whole)


def test_frames_of_another_walk_do_not_count(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        film(tmp_path, stop_after=5)
    assert film(tmp_path, truncation=0.3)["drawn"] == 12


def test_a_film_towards_another_centre_is_another_film(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        film(tmp_path, stop_after=5, kind="wander", truncation=0.5)
    assert film(tmp_path, kind="wander", truncation=0.5, centre="7")["drawn"] == 12


def test_a_film_is_as_long_as_its_times_say(tmp_path: Path) -> None:
    assert film(tmp_path, seconds=None, times="0,0.5,1,1.5")["frames"] == 18
    assert film(tmp_path, seconds=1, times="0,0.5,1,1.5")["frames"] == 12
    assert film(tmp_path, seconds=None, fps=0.5)["frames"] == 5


def test_a_grid_deals_out_its_keys(tmp_path: Path) -> None:
    film(tmp_path, file="grid", keys="1-4", grid="2x1", pace="even")
    shown = np.asarray(open_image((tmp_path / "grid/frame00000.png").read_bytes(), "frame"))
    film(tmp_path, file="right", keys="3-4", pace="even")
    right = np.asarray(open_image((tmp_path / "right/frame00000.png").read_bytes(), "frame"))
    assert shown.shape == (32, 64, 3)
    np.testing.assert_array_equal(shown[:, 32:], right)


def test_the_size_is_that_of_the_film(tmp_path: Path) -> None:
    film(tmp_path, size=48)
    assert frames(tmp_path / "film.mp4").shape[1:3] == (48, 48)
    film(tmp_path, PainterRenderer(), size=32, kind="wander", keys=None, fps=2)
    assert frames(tmp_path / "film.mp4").shape == (2, 32, 32, 3)


def test_sound_comes_as_a_data_uri(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "tone.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        tone = (9000 * np.sin(np.arange(2000) / 3)).astype(np.int16)[None]
        part = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        part.rate = 8000
        container.mux(stream.encode(part))
    uri = "data:audio/wav;base64," + base64.b64encode((tmp_path / "tone.wav").read_bytes()).decode()
    film(tmp_path, sound=uri)
    with av.open(str(tmp_path / "film.mp4")) as container:
        samples = sum(part.samples for part in container.decode(audio=0))
    assert samples / 48000 == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"file": "../film.mp4"}, "'file' takes a plain name"),
        ({"file": "film.avi"}, "A film is .mp4"),
        ({"seconds": 0.01}, "1 to 100000 frames, got 0"),
        ({"seconds": 1e9}, "1 to 100000 frames"),
        ({"sound": "%%"}, "'sound' takes a sound file as a data URI"),
        ({"sound": "/etc/passwd"}, "'sound'"),
        ({"kind": "wander", "changes": 1e9}, "'changes' takes 0 to 1000"),
        ({"bitrate": 0}, "'bitrate' takes"),
        ({"keys": "8,8"}, "All keys are the same picture"),
        ({"keys": "8", "loop": False}, "two keys or more"),
        ({"grid": "2x2"}, "A grid of 4 takes 4 keys or a multiple, got 3"),
    ],
)
def test_what_is_wrong_is_said(inputs: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=message):
        film(tmp_path, **inputs)


def cut_out() -> TorchRenderer:
    """A player of transparent pictures."""
    torch.manual_seed(0)
    generator = new_stylegan2(16, 64, 8, 2, 8, 8, img_channels=4).requires_grad_(False)
    generator.synthesis.b16.torgb.bias.data[3] -= 1.5
    return TorchRenderer(generator)


@pytest.mark.parametrize(
    ("name", "ground", "said", "mode"),
    [
        ("film.webm", "", "", "yuva420p"),
        ("film.apng", "", "", "RGBA"),
        ("film.mp4", "", "white, as .mp4 has no transparency", "yuv420p"),
        ("film.gif", "", "white, as .gif has no transparency", "RGB"),
        ("film.webm", "lime", "lime", "yuv420p"),
        ("film.apng", "#00ff00", "#00ff00", "RGB"),
    ],
)
def test_transparent_films_stay_so_or_say_their_ground(
    name: str, ground: str, said: str, mode: str, tmp_path: Path
) -> None:
    player = cut_out()
    assert film(tmp_path, player, file=name, ground=ground)["ground"] == said
    if name.endswith((".gif", ".apng")):
        with Image.open(tmp_path / name) as image:
            seen = np.asarray(image.convert("RGBA"))
    else:
        codec = av.CodecContext.create("libvpx-vp9" if name == "film.webm" else "h264", "r")
        with av.open(str(tmp_path / name)) as container:
            packets = list(container.demux(video=0))
            codec.extradata = container.streams.video[0].codec_context.extradata
        first = next(frame for packet in packets for frame in codec.decode(packet))
        assert first.format.name == mode
        seen = first.to_ndarray(format="rgba")
    film(tmp_path, player, file="pictures")
    made = np.asarray(open_image((tmp_path / "pictures/frame00000.png").read_bytes(), "frame"))
    empty = made[..., 3] < 20
    assert empty.any()
    assert made.shape[2] == 4
    if not said:
        assert np.abs(seen[..., 3].astype(int) - made[..., 3]).mean() < 12
    else:
        colour = (255, 255, 255) if "white" in said else (0, 255, 0)
        assert (seen[..., 3] == 255).all()
        assert np.abs(seen[empty][:, :3].astype(int) - colour).mean() < 60


def test_a_ground_is_a_colour_and_for_films(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'ground' takes a colour such as white or #00ff00"):
        film(tmp_path, ground="gras")
    with pytest.raises(InvalidArgument, match="'ground' is for films"):
        film(tmp_path, file="pictures", ground="white")
    assert not (tmp_path / "pictures").exists()
