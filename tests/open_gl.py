"""A context of OpenGL's without a window, drawn by the processor: Mesa's llvmpipe, by EGL.

It belongs to the thread that makes it. Where there is none (Debian: libegl1, libgl1-mesa-dri) the
tests that need it are skipped, and say so.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from taxiway.core.images import Pixels

SURFACELESS = 0x31DD
"""EGL_PLATFORM_SURFACELESS_MESA"""


@contextmanager
def open_gl(software: bool = True) -> Iterator[Any]:
    """OpenGL, within the block; else a skip. Without `software` that of the machine's own GPU."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    try:
        from OpenGL import EGL, GL
        from OpenGL.EGL.VERSION.EGL_1_5 import eglGetPlatformDisplay

        display = (
            eglGetPlatformDisplay(SURFACELESS, None, None)
            if software
            else EGL.eglGetDisplay(EGL.EGL_DEFAULT_DISPLAY)
        )
        EGL.eglInitialize(display, ctypes.c_long(), ctypes.c_long())
        EGL.eglBindAPI(EGL.EGL_OPENGL_API)
        context = EGL.eglCreateContext(display, None, EGL.EGL_NO_CONTEXT, None)
        none = EGL.EGL_NO_SURFACE
        EGL.eglMakeCurrent(display, none, none, context)
    except Exception as error:
        why = " ".join(str(error).split())[:80] or type(error).__name__
        pytest.skip(f"no OpenGL without a window: {why}")
    try:
        yield GL
    finally:
        EGL.eglMakeCurrent(display, none, none, EGL.EGL_NO_CONTEXT)
        EGL.eglDestroyContext(display, context)


def read_back(gl: Any, texture: int, width: int, height: int) -> Pixels:
    """What a texture shows, uint8 [H, W, 4], its first row first."""
    gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
    gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 1)
    found = gl.glGetTexImage(gl.GL_TEXTURE_2D, 0, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE)
    gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
    return np.frombuffer(found, np.uint8).reshape(height, width, 4)
