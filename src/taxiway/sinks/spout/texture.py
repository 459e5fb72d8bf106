"""A texture of OpenGL's that is filled from a GPU's memory, without the processor.

cuda.core registers a buffer of OpenGL's, which is then memory like any other to copy to, and OpenGL
fills its texture from that buffer. A context of OpenGL's has to be the calling thread's own, on the
same GPU; what is taken here is given back by `close` in that thread.

(nvidia.github.io/cuda-python/cuda-core: GraphicsResource; OpenGL 4.5, 8.4.1, pixel unpack buffers.
There is no such GPU where this is tested: OpenGL is real there, CUDA a stand-in.)
"""

from contextlib import ExitStack
from ctypes.util import find_library
from typing import Any

from taxiway.core.extras import lacking
from taxiway.core.twins import CHANNELS, Twin

MODULES = ("cuda.core", "cuda.bindings", "OpenGL")
MOST_ERRORS = 8
"""Without a context there is always one more."""


def what_is_missing() -> str:
    """A sentence that says why there can be none on this Windows machine; "" if there can."""
    if find_library("nvcuda") is None:
        return "NVIDIA's driver, which a shorter way needs, is not here."
    return next(filter(None, (lacking(module, "A shorter way") for module in MODULES)), "")


class Texture:
    """A texture of RGBA, `width` by `height`, on a GPU that is counted from 0.

    Raises whatever the two libraries raise, here and in `filled`.
    """

    def __init__(self, width: int, height: int, gpu: int) -> None:
        from OpenGL import GL

        self.gpu = gpu
        self._gl: Any = GL
        self._size, self._bytes = (width, height), width * height * CHANNELS
        self._taken = ExitStack()
        try:
            self._make(gpu)
        except BaseException:
            self._taken.close()
            raise

    def _make(self, gpu: int) -> None:
        from cuda.core import Device, GraphicsResource

        gl = self._gl
        self._forget_errors()
        self._texture = int(gl.glGenTextures(1))
        self._taken.callback(gl.glDeleteTextures, 1, [self._texture])
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._texture)
        for end in (gl.GL_TEXTURE_MIN_FILTER, gl.GL_TEXTURE_MAG_FILTER):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, end, gl.GL_LINEAR)  # there are no mipmaps
        form = (gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, None)
        gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, gl.GL_RGBA8, *self._size, 0, *form)
        gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
        self._buffer = int(gl.glGenBuffers(1))
        self._taken.callback(gl.glDeleteBuffers, 1, [self._buffer])
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, self._buffer)
        gl.glBufferData(gl.GL_PIXEL_UNPACK_BUFFER, self._bytes, None, gl.GL_STREAM_DRAW)
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)
        device = Device(gpu)
        device.set_current()
        self._stream = device.create_stream()
        self._taken.callback(self._stream.close)
        self._shared = GraphicsResource.from_gl_buffer(self._buffer, flags="write_discard")
        self._taken.callback(self._shared.close)

    def filled(self, twin: Twin) -> int:
        """OpenGL's number of the texture, once a twin of its size was copied into it."""
        self._forget_errors()
        self._copy(twin)
        gl = self._gl
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, self._buffer)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._texture)
        try:
            gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
            form = (gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, None)
            gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, 0, 0, *self._size, *form)
        finally:
            # While a buffer is bound, Spout's pointer to an image would be a place in it.
            gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
            gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, 0)
        return self._texture

    def _copy(self, twin: Twin) -> None:
        from cuda.core import Buffer

        source = Buffer.from_handle(twin.address, self._bytes, owner=twin.owner)
        with self._shared.map(stream=self._stream) as mapped:
            target = Buffer.from_handle(int(mapped.handle), self._bytes, owner=mapped)
            target.copy_from(source, stream=self._stream)
        # OpenGL waits for the copy by itself; the twin's memory may be used anew after it only.
        self._stream.sync()

    def _forget_errors(self) -> None:
        """OpenGL keeps errors until they are asked for: those of Spout's own calls are not ours."""
        for _ in range(MOST_ERRORS):
            if not self._gl.glGetError():
                return

    def close(self) -> None:
        """Give everything back."""
        self._taken.close()
