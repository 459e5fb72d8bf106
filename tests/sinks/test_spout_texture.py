"""From a GPU's memory to Spout's texture: OpenGL is real, by Mesa's software, CUDA a stand-in.

The stand-in's memory of a GPU is the computer's own. OpenGL's buffer is mapped as OpenGL maps it,
and must not be mapped while OpenGL reads it, as with CUDA.
"""

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from open_gl import open_gl, read_back
from sinks.fakes import Notes, fake_spout, module
from taxiway.core import twins
from taxiway.core.frame import Frame, with_opacity
from taxiway.core.images import Pixels
from taxiway.sinks.spout import PROCESSOR, STRAIGHT, THREAD, Spout, texture
from taxiway.sinks.spout.texture import Texture

SETTINGS = {"name": "Stage", "flipped": True, "fps": 30}


class Memory:
    """A `cuda.core.Buffer`: some bytes at an address."""

    def __init__(self, handle: int, size: int, owner: Any, on_close: Any = None) -> None:
        self.handle, self.size, self.owner, self._on_close = handle, size, owner, on_close

    @staticmethod
    def from_handle(ptr: int, size: int, *, owner: Any) -> "Memory":
        return Memory(ptr, size, owner)

    def copy_from(self, src: "Memory", *, stream: "Stream") -> None:
        assert self.size == src.size
        stream.waiting.append(lambda: ctypes.memmove(self.handle, src.handle, src.size))

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *_: object) -> None:
        self._on_close()


class Stream:
    """Does what it is told when it is waited for, or when OpenGL gets back what it works on."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.is_closed = False

    def sync(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def close(self) -> None:
        self.is_closed = True


class Gpu:
    """`cuda.core` of a machine with two GPUs, the second without OpenGL."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, gl: Any) -> None:
        self.gl, self.streams, self.shared = gl, list[Stream](), list[Any]()
        self.fails = ""
        self.current = -1
        gpu = self

        class Device:
            def __init__(self, number: int) -> None:
                self.number = number

            def set_current(self) -> None:
                gpu.current = self.number

            def create_stream(self) -> Stream:
                gpu.streams.append(Stream())
                return gpu.streams[-1]

        class GraphicsResource:
            @classmethod
            def from_gl_buffer(cls, gl_buffer: int, *, flags: str) -> "Shared":
                assert flags == "write_discard"
                if gpu.current != 0:
                    raise RuntimeError("CUDA_ERROR_OPERATING_SYSTEM: OpenGL is on another GPU.")
                gpu.shared.append(Shared(gpu, gl_buffer))
                return gpu.shared[-1]

        module(monkeypatch, "cuda")
        module(monkeypatch, "cuda.bindings")
        parts = {"Buffer": Memory, "Device": Device, "GraphicsResource": GraphicsResource}
        module(monkeypatch, "cuda.core", **parts)
        monkeypatch.setattr(texture, "find_library", lambda name: f"{name}.dll")


class Shared:
    """A buffer of OpenGL's that CUDA knows."""

    def __init__(self, gpu: Gpu, buffer: int) -> None:
        self._gpu, self.buffer, self.is_closed = gpu, buffer, False

    def map(self, *, stream: Stream) -> Memory:
        if self._gpu.fails:
            raise RuntimeError(self._gpu.fails)
        gl = self._gpu.gl
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, self.buffer)
        size = gl.glGetBufferParameteriv(gl.GL_PIXEL_UNPACK_BUFFER, gl.GL_BUFFER_SIZE)
        address = gl.glMapBuffer(gl.GL_PIXEL_UNPACK_BUFFER, gl.GL_WRITE_ONLY)
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)

        def unmap() -> None:
            stream.sync()
            gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, self.buffer)
            gl.glUnmapBuffer(gl.GL_PIXEL_UNPACK_BUFFER)
            gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)

        return Memory(address, int(size), None, unmap)

    def close(self) -> None:
        assert not self._gpu.streams[-1].is_closed
        self.is_closed = True


@pytest.fixture
def gl() -> Iterator[Any]:
    with open_gl() as opened:
        yield opened


@pytest.fixture
def gpu(gl: Any, monkeypatch: pytest.MonkeyPatch) -> Gpu:
    return Gpu(monkeypatch, gl)


@pytest.fixture
def notes(gpu: Gpu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Notes:
    return fake_spout(monkeypatch, tmp_path)


def picture(height: int, width: int, channels: int = 3, gpu: int = 0) -> Pixels:
    """One with a twin in the stand-in's memory."""
    batch = np.random.default_rng(width).integers(0, 256, (1, height, width, channels), np.uint8)
    whole = with_opacity(batch[0])
    twins.keep(batch, twins.Twin(whole.ctypes.data, gpu, whole))
    return batch[0]


def twin_of(pixels: Pixels) -> twins.Twin:
    found = twins.twin_of(pixels)
    assert found is not None
    return found


def frame(pixels: Pixels) -> Frame:
    return Frame(pixels=pixels, index=1, time=0.0)


@pytest.mark.parametrize(
    ("height", "width", "channels"), [(1, 1, 3), (5, 3, 3), (7, 33, 4), (4, 127, 3), (64, 64, 3)]
)
def test_the_texture_shows_the_picture(
    gl: Any, gpu: Gpu, height: int, width: int, channels: int
) -> None:
    pixels = picture(height, width, channels)
    filled = Texture(width, height, 0)
    number = filled.filled(twin_of(pixels))
    np.testing.assert_array_equal(read_back(gl, number, width, height), with_opacity(pixels))
    pixels = np.array(255 - pixels)[None]
    whole = with_opacity(pixels[0])
    assert filled.filled(twins.Twin(whole.ctypes.data, 0, whole)) == number
    np.testing.assert_array_equal(read_back(gl, number, width, height), whole)
    filled.close()


def test_it_leaves_nothing_behind(gl: Any, gpu: Gpu) -> None:
    filled = Texture(5, 4, 0)
    number = filled.filled(twin_of(picture(4, 5)))
    assert gl.glGetIntegerv(gl.GL_PIXEL_UNPACK_BUFFER_BINDING) == 0
    assert gl.glGetIntegerv(gl.GL_TEXTURE_BINDING_2D) == 0
    (shared,), (stream,) = gpu.shared, gpu.streams
    assert gl.glIsTexture(number)
    assert gl.glIsBuffer(shared.buffer)
    filled.close()
    assert not gl.glIsTexture(number)
    assert not gl.glIsBuffer(shared.buffer)
    assert shared.is_closed
    assert stream.is_closed


def test_one_that_cannot_be_made_leaves_nothing_behind(gl: Any, gpu: Gpu) -> None:
    with pytest.raises(RuntimeError, match="another GPU"):
        Texture(5, 4, 1)
    assert gpu.streams[0].is_closed
    assert not any(gl.glIsTexture(number) or gl.glIsBuffer(number) for number in range(1, 20))


def test_errors_that_others_left_are_not_its_own(gl: Any, gpu: Gpu) -> None:
    from OpenGL import platform

    err = platform.PLATFORM.GL.glEnable  # without PyOpenGL's own look at errors
    err(0xDEAD)
    filled = Texture(5, 4, 0)
    err(0xDEAD)
    filled.filled(twin_of(picture(4, 5)))
    filled.close()


def sent(notes: Notes) -> list[str]:
    return [name for name, *_ in notes if name.startswith("send")]


def test_pictures_with_a_twin_go_as_textures_and_others_as_images(gl: Any, notes: Notes) -> None:
    sink = Spout(SETTINGS)
    assert not twins.wanted()
    assert sink.note == ""
    sink.open(5, 4, 30)
    assert twins.wanted()
    sink.send(frame(np.full((4, 5, 3), 9, np.uint8)))
    assert sink.note == f"{PROCESSOR} {THREAD}"
    for pixels in (picture(4, 5), picture(4, 5, 4)):
        sink.send(frame(pixels))
        assert sink.note == STRAIGHT
        _, number, *given = notes[-2]
        assert given == [5, 4, True, 0]
        np.testing.assert_array_equal(read_back(gl, number, 5, 4), with_opacity(pixels))
    sink.send(frame(picture(4, 5).copy()))
    assert sink.note == f"{PROCESSOR} {THREAD}"
    assert sent(notes) == ["sendImage", "sendTexture", "sendTexture", "sendImage"]
    assert [name for name, *_ in notes].count("setFrameSync") == 4
    sink.close()
    assert not twins.wanted()


def test_another_size_has_another_texture(gl: Any, gpu: Gpu, notes: Notes) -> None:
    sink = Spout(SETTINGS)
    for height, width in ((4, 5), (9, 7), (4, 5)):
        sink.open(width, height, 30)
        for _ in range(3):
            pixels = picture(height, width)
            sink.send(frame(pixels))
            shown = read_back(gl, notes[-2][1], width, height)
            np.testing.assert_array_equal(shown, with_opacity(pixels))
        sink.close()
    assert len(gpu.shared) == 3
    assert all(each.is_closed for each in [*gpu.shared, *gpu.streams])
    assert not any(gl.glIsTexture(number) or gl.glIsBuffer(number) for number in range(1, 20))


def test_after_a_failure_everything_goes_as_an_image(gpu: Gpu, notes: Notes) -> None:
    sink = Spout(SETTINGS)
    sink.open(5, 4, 30)
    sink.send(frame(picture(4, 5)))
    gpu.fails = "CUDA_ERROR_UNKNOWN: nobody\n knows. "
    pixels = picture(4, 5)
    sink.send(frame(pixels))
    said = f"{PROCESSOR} The short way failed: CUDA_ERROR_UNKNOWN: nobody knows."
    assert sink.note == said
    np.testing.assert_array_equal(notes[-2][1], with_opacity(pixels))  # that very picture
    assert not twins.wanted()
    assert gpu.shared[0].is_closed
    gpu.fails = ""
    sink.send(frame(picture(4, 5)))
    sink.close()
    sink.open(5, 4, 30)
    assert not twins.wanted()
    sink.send(frame(picture(4, 5)))
    assert sink.note == said
    assert sent(notes) == ["sendTexture", "sendImage", "sendImage", "sendImage"]
    sink.close()


def test_a_gpu_without_opengl_is_a_sentence_and_an_image(gpu: Gpu, notes: Notes) -> None:
    sink = Spout(SETTINGS)
    sink.open(5, 4, 30)
    sink.send(frame(picture(4, 5)))
    sink.send(frame(picture(4, 5, gpu=1)))
    assert sent(notes) == ["sendTexture", "sendImage"]
    assert sink.note.endswith("failed: CUDA_ERROR_OPERATING_SYSTEM: OpenGL is on another GPU.")
    sink.close()


def test_a_texture_that_spout_refuses_goes_as_an_image(
    monkeypatch: pytest.MonkeyPatch, notes: Notes
) -> None:
    sink = Spout(SETTINGS)
    sink.open(5, 4, 30)
    monkeypatch.setattr(type(sink._sender), "sendTexture", lambda *given: False)
    sink.send(frame(picture(4, 5)))
    assert sink.note == f"{PROCESSOR} The short way failed: Spout took no texture."
    assert sent(notes) == ["sendImage"]
    sink.close()


@pytest.mark.parametrize("missing", ["cuda.core", "cuda.bindings", "OpenGL", "nvcuda"])
def test_what_is_missing_is_said_and_no_twins_are_wanted(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notes = fake_spout(monkeypatch, tmp_path)
    for name in ("cuda", *texture.MODULES):
        module(monkeypatch, name)
    if missing == "nvcuda":
        monkeypatch.setattr(texture, "find_library", lambda name: None)
    else:
        monkeypatch.setattr(texture, "find_library", lambda name: name)
        monkeypatch.setitem(sys.modules, missing, None)
    sink = Spout(SETTINGS)
    sink.open(5, 4, 30)
    assert not twins.wanted()
    sink.send(frame(picture(4, 5)))
    assert sent(notes) == ["sendImage"]
    assert sink.note.startswith(f"{PROCESSOR} ")
    said = {"nvcuda": "NVIDIA's driver", "OpenGL": "PyOpenGL"}
    assert said.get(missing, missing.replace(".", "-")) in sink.note
    assert missing == "nvcuda" or "textures" in sink.note
    sink.close()


@pytest.mark.slow
@pytest.mark.gpu
def test_a_real_gpu_fills_a_real_texture() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("cuda.core")
    if not torch.cuda.is_available():
        pytest.skip("no GPU that PyTorch knows")
    with open_gl(software=False) as gl:
        if b"NVIDIA" not in gl.glGetString(gl.GL_VENDOR):
            pytest.skip("OpenGL without a window is not that GPU's")
        filled = Texture(127, 33, 0)
        for seed in range(3):
            random = torch.Generator(device="cuda").manual_seed(seed)
            size = (33, 127, 4)
            whole = torch.randint(0, 256, size, generator=random, device="cuda", dtype=torch.uint8)
            torch.cuda.synchronize()
            number = filled.filled(twins.Twin(whole.data_ptr(), 0, whole))
            np.testing.assert_array_equal(read_back(gl, number, 127, 33), whole.cpu().numpy())
        filled.close()
