"""Films, decoded again: as many frames, as long, of the same colours."""

import errno
import io
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from taxiway.core.errors import InvalidArgument, MissingDependency, NotFound
from taxiway.core.images import Pixels
from taxiway.film import pictures
from taxiway.film.writer import FORMATS, Manner, check, durations, write_film, write_video

COUNT = 30


def frames(count: int = COUNT, height: int = 49, width: int = 65) -> list[Pixels]:
    """Flat colours on either side of an edge that moves."""
    made = np.zeros((count, height, width, 3), np.uint8)
    made[...] = (40, 90, 200)
    for index, picture in enumerate(made):
        picture[:, : 8 + index] = (220, 160, 30)
    return list(made)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Half a second of mono sound."""
    samples = 9000 * np.sin(2 * np.pi * 440 * np.arange(11025) / 22050)
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(samples.astype("<i2").tobytes())
    return tmp_path / "tone.wav"


def decoded(path: Path) -> list[Pixels]:
    if path.suffix in (".gif", ".apng"):
        with Image.open(path) as image:
            return [np.asarray(read(image, n)) for n in range(getattr(image, "n_frames", 1))]
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def read(image: Image.Image, index: int) -> Image.Image:
    image.seek(index)
    return image.convert("RGB")


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_full_disk_is_an_error_and_not_the_end_of_the_process(suffix: str) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_video(Full(), suffix, iter(frames()), COUNT, Manner(fps=25))


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_frame_comes_back_in_its_colours(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{suffix}"
    write_film(path, iter(frames()), COUNT, Manner(fps=25))
    back = decoded(path)
    assert len(back) == COUNT
    for made, found in zip(frames(), back, strict=True):
        off = np.abs(made.astype(int) - found[:49, :65].astype(int))
        assert off[:, 40:].max() <= (0 if suffix == ".apng" else 6)
        assert off[:, :6].max() <= (0 if suffix == ".apng" else 6)
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_is_repeated_and_cut_to_the_films_length(
    suffix: str, tmp_path: Path, tone: Path
) -> None:
    path = tmp_path / f"film{suffix}"
    write_film(path, frames(), COUNT, Manner(fps=25, sound=tone))
    with av.open(str(path)) as container:
        heard = np.concatenate([part.to_ndarray() for part in container.decode(audio=0)], axis=1)
        rate = container.streams.audio[0].rate
    assert heard.shape[1] / rate == pytest.approx(COUNT / 25, abs=0.03)
    middle = heard[0, round(0.7 * rate) : round(1.1 * rate)]
    # One channel becomes two of half the power each.
    assert middle.std() == pytest.approx(9000 / 2**15 / 2, rel=0.05)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == COUNT


def test_long_sound_is_cut(tmp_path: Path, tone: Path) -> None:
    write_film(tmp_path / "a.mp4", frames(5), 5, Manner(fps=50, sound=tone.read_bytes()))
    with av.open(str(tmp_path / "a.mp4")) as container:
        samples = sum(part.samples for part in container.decode(audio=0))
    assert samples / 48000 == pytest.approx(0.1, abs=0.03)


def test_less_loss_and_more_bits_make_larger_files(tmp_path: Path) -> None:
    noisy = list(np.random.RandomState(0).randint(0, 255, (10, 64, 64, 3)).astype(np.uint8))

    def size(manner: Manner) -> int:
        write_film(tmp_path / "a.mp4", noisy, 10, manner)
        return (tmp_path / "a.mp4").stat().st_size

    assert size(Manner(crf=10)) > 1.5 * size(Manner(crf=40))
    assert size(Manner(bitrate=4_000_000)) > 1.5 * size(Manner(bitrate=100_000))


@pytest.mark.parametrize("crf", [0, 1, 51])
def test_every_film_is_of_a_profile_that_browsers_play(crf: int, tmp_path: Path) -> None:
    write_film(tmp_path / "film.mp4", frames(3), 3, Manner(crf=crf))
    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.profile, stream.pix_fmt) == ("High", "yuv420p")


def test_a_film_lasts_as_long_as_its_frames(tmp_path: Path) -> None:
    write_film(tmp_path / "a.gif", frames(), COUNT, Manner(fps=30))
    with Image.open(tmp_path / "a.gif") as image:
        lasted = sum(read(image, n) and image.info["duration"] for n in range(COUNT))
    assert lasted == 1000
    assert durations([1, 1, 1], 30, 10) == [30, 40, 30]
    assert sum(durations([1] * 240, 24, 1)) == 10_000


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_that_stays_is_encoded_once_and_lasts_as_long(
    suffix: str, tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "GROUP", 10)
    path = tmp_path / f"film{suffix}"
    first, second, *_ = frames(22)[::20]
    # groups with a rest, another picture that stays, a short one, and groups at the end
    shown = [*[first] * 37, *[second] * 20, first, second, *[first] * 20]
    sound = tone if suffix in (".mp4", ".webm") else None
    write_film(path, iter(shown), len(shown), Manner(fps=25, sound=sound))
    if sound is None:
        with Image.open(path) as image:
            assert getattr(image, "n_frames", 1) == 5
            lasted = [read(image, n) and image.info["duration"] for n in range(5)]
        assert lasted == [1480, 800, 40, 40, 800]
        return
    with av.open(str(path)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert times == pytest.approx([index / 25 for index in range(len(shown))], abs=0.002)
    for made, found in zip(shown, decoded(path), strict=True):
        assert np.abs(made.astype(int) - found[:49, :65].astype(int)).mean() < 4


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_picture_that_stays_for_long_does_not_push_what_follows(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "GROUP", 10)
    path = tmp_path / f"film{suffix}"
    first, second = frames(2)
    # Ten frames of a sixtieth of a second are no whole number of milliseconds, as WebM's times are.
    shown = [*[first] * 600, second, second]
    write_film(path, iter(shown), len(shown), Manner(fps=60))
    with av.open(str(path)) as container:
        times = sorted(
            float(packet.pts * packet.time_base)
            for packet in container.demux(video=0)
            if packet.pts is not None and packet.time_base is not None
        )
    assert times == pytest.approx([index / 60 for index in range(len(shown))], abs=0.002)


def test_sound_lies_beside_a_picture_that_stays(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "GROUP", 25)
    path = tmp_path / "film.mp4"
    write_film(path, iter(frames(1) * 60), 60, Manner(fps=1, sound=tone))
    with av.open(str(path)) as container:
        found = [
            (packet.pos or 0, packet.stream.type, float((packet.dts or 0) * packet.time_base))
            for packet in container.demux()
            if packet.size
        ]
    newest: dict[str, float] = {}
    for _, kind, at in sorted(found):
        newest[kind] = at
        # The muxer itself puts in order what is less than ten seconds apart.
        assert max(newest.values()) - min(newest.values()) < 5, "so far a player has to look ahead"


def test_a_gif_says_where_a_picture_stays_for_too_long(tmp_path: Path) -> None:
    [picture] = frames(1)
    alike = [*[picture] * 40, *[picture.copy()] * 30]  # which Pillow writes as one
    for name, most, fps in (("a.apng", 65, 1), ("a.gif", 655, 0.1)):
        with pytest.raises(InvalidArgument, match=f"a picture for {most} s at most; take .mp4"):
            write_film(tmp_path / name, iter(alike), 70, Manner(fps=fps))
    assert not list(tmp_path.iterdir())


def test_a_film_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")

    def broken():
        yield from frames(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_film(path, broken(), COUNT, Manner())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "manner", "message"),
    [
        ("film.avi", Manner(), "A film is .mp4, .webm, .gif, .apng or a folder"),
        ("film.gif", Manner(fps=60), "A GIF has up to 50"),
        ("film.gif", Manner(sound=b""), "Sound goes into .mp4 and .webm"),
        ("film.mp4", Manner(fps=0), "'fps' takes 0.1 to 240, got 0"),
        ("film.mp4", Manner(fps=float("nan")), "'fps' takes"),
    ],
)
def test_what_cannot_be_written_is_said_at_once(name: str, manner: Manner, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        check(Path(name), manner)


@pytest.mark.parametrize("sound", [b"", b"RIFF....WAVE", bytes(1000)])
def test_what_is_no_sound_is_refused(sound: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="no sound that can be read"):
        write_film(tmp_path / "a.mp4", frames(3), 3, Manner(sound=sound))
    with pytest.raises(NotFound, match="nowhere.wav"):
        write_film(tmp_path / "a.mp4", frames(3), 3, Manner(sound=Path("nowhere.wav")))
    write_film(tmp_path / "mute.mp4", frames(3), 3, Manner())
    with pytest.raises(InvalidArgument, match="no sound"):
        write_film(tmp_path / "a.mp4", frames(3), 3, Manner(sound=tmp_path / "mute.mp4"))


LISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{0}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{0}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 4 RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD><BaseURL>{0}</BaseURL></MPD>',
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_other_files_is_no_sound(kind: str, tmp_path: Path, tone: Path) -> None:
    text = LISTS[kind].format(tone.resolve()).encode()
    (beside := tone.with_name(f"list.{kind}")).write_bytes(text)
    for sound in (text, beside):
        with pytest.raises(InvalidArgument, match="no sound that can be read"):
            write_film(tmp_path / "a.mp4", frames(3), 3, Manner(sound=sound))


def test_a_name_is_never_taken_for_an_address(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "concat:a.wav").write_bytes(tone.read_bytes())
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "a.mp4", frames(3), 3, Manner(sound=Path("concat:a.wav")))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.audio


def test_without_pyav_the_line_that_brings_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependency, match=r"PyAV: .*taxiway install video\.$"):
        check(Path("film.mp4"), Manner())
    check(Path("film.gif"), Manner())
