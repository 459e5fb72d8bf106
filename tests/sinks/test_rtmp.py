"""A live stream, taken by FFmpeg's libraries as a server, and by servers that take none."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.frame import Frame
from taxiway.film import push
from taxiway.film.push import Push
from taxiway.sinks.rtmp import Rtmp

SERVER = """
import sys, av
with av.open(sys.argv[1], options={"listen": "1"}) as stream:
    print(*(one.codec_context.name for one in stream.streams))
    count = 0
    try:
        for frame in stream.decode(video=0):
            count += 1
            newest = frame.to_ndarray(format="rgb24")
    except av.FFmpegError:
        pass
    print(count, newest.shape, newest[24, 32, 0], newest[24, 2, 0])
"""
SHAPE = (20, 20, 3)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def rtmp(port: int) -> Rtmp:
    url = f"rtmp://127.0.0.1:{port}/live/secret"
    return Rtmp({"url": url, "width": 64, "height": 48, "bitrate": 500, "fps": 30})


def frame(level: int) -> Frame:
    return Frame(pixels=np.full(SHAPE, level, np.uint8), index=1, time=0.0)


def send_on(sink: Rtmp) -> None:
    while True:
        sink.send(frame(1))


def listens(port: int) -> bool:
    """Whether a server waits there, without connecting to it."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux whether the server listens")
def test_a_server_gets_the_pictures_and_silence(port: int) -> None:
    url = f"rtmp://127.0.0.1:{port}/live/secret"
    arguments = [sys.executable, "-c", SERVER, url]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
        while not listens(port):
            assert server.poll() is None
            time.sleep(0.01)
        sink = rtmp(port)
        sink.open(20, 20, 30)
        for level in range(0, 240, 10):
            sink.send(frame(level))
        sink.close()
        codecs, found = server.communicate(timeout=60)[0].splitlines()
    assert codecs == "h264 aac"
    count, height, width, _, middle, side = (
        found.replace("(", "").replace(",", "").replace(")", "").split()
    )
    assert (count, height, width) == ("24", "48", "64")
    assert abs(int(middle) - 230) < 6
    assert int(side) < 6


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux whether the server listens")
def test_ffmpeg_takes_it(port: int) -> None:
    if (program := shutil.which("ffmpeg")) is None:
        pytest.skip("ffmpeg is not installed")
    url = f"rtmp://127.0.0.1:{port}/live/secret"
    words = f"-loglevel error -listen 1 -i {url} -map 0:v -pix_fmt rgb24 -f rawvideo -"
    with subprocess.Popen(
        [program, *words.split()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as server:
        while not listens(port):
            assert server.poll() is None
            time.sleep(0.01)
        sink = rtmp(port)
        sink.open(20, 20, 30)
        for level in range(0, 240, 10):
            sink.send(frame(level))
        sink.close()
        pixels = np.frombuffer(server.communicate(timeout=60)[0], np.uint8)
    found = pixels.reshape(-1, 48, 64, 3)[:, 24, 32, 0].astype(int)
    assert len(found) >= 20
    assert np.abs(found[-1] - 230) < 8


def test_a_server_that_is_not_there_is_a_sentence(port: int) -> None:
    sink = rtmp(port)
    sink.open(20, 20, 30)
    words = r"rtmp://127\.0\.0\.1 does not take the stream: Connection refused\."
    with pytest.raises(Unavailable, match=words):
        send_on(sink)
    sink.close()


def test_a_server_that_does_not_answer_stops_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "PATIENCE_SECONDS", 1.0)
    gaps, ended = [0.0], threading.Event()

    def beat() -> None:
        before = time.monotonic()
        while not ended.is_set():
            time.sleep(0.005)
            before, gap = time.monotonic(), time.monotonic() - before
            gaps.append(gap)

    thread = threading.Thread(target=beat)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        sink = rtmp(server.getsockname()[1])
        sink.open(20, 20, 30)
        thread.start()
        with pytest.raises(Unavailable, match=r"does not take the stream: no answer in 1 seconds"):
            send_on(sink)
        ended.set()
        thread.join()
        sink.close()
    assert max(gaps) < 0.9  # with the interpreter held it would be a second


def test_the_end_does_not_wait_for_a_server_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "LAST_SECONDS", 0.1)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        stream = Push(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/secret", 30, 500_000)
        stream.send(np.zeros(SHAPE, np.uint8))
        stream.close()
    assert not stream._process.is_alive()


def test_the_key_is_not_shown() -> None:
    assert rtmp(1935).address == "rtmp://127.0.0.1"


@pytest.mark.parametrize("url", ["", "http://localhost/live", "file:///etc/passwd", "rtmp"])
def test_only_rtmp_is_taken(url: str) -> None:
    sink = Rtmp({"url": url, "width": 64, "height": 48, "bitrate": 500, "fps": 30})
    with pytest.raises(InvalidArgument, match=r"'url' takes an address that begins with rtmp"):
        sink.open(20, 20, 30)
