"""The frames as a camera of this machine, which programs for calls and web pages can choose.

On Linux by the kernel's module v4l2loopback, whose device takes them; elsewhere by pyvirtualcam and
OBS's virtual camera.
"""

import os
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from taxiway.core.datatypes import AnyDataType, Boolean, Number, Text
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame
from taxiway.core.images import Pixels, fitted
from taxiway.core.sink import Sink

DEVICES = Path("/dev")
IS_LINUX = sys.platform == "linux"
NO_DEVICE = (
    "There is no virtual camera: install v4l2loopback (on Debian v4l2loopback-dkms), then "
    "'sudo modprobe v4l2loopback exclusive_caps=1 card_label=Taxiway'."
)

# Of linux/videodev2.h: the two calls, and what they take and give.
QUERYCAP, S_FMT = 0x80685600, 0xC0D05605
LOOPBACK = b"v4l2 loopback"
CAPABILITIES = "16s32s32sIII"
"""`v4l2_capability`: driver, card, bus, version, capabilities of the driver, of the device."""
OUTPUT, NO_FIELDS, YUYV = 2, 1, int.from_bytes(b"YUYV", "little")
FORMAT = "I4x8I"
"""`v4l2_format` up to its `pix`: type; width, height, format, field, bytes of a line, of a
picture, colour space, `priv`."""
SIZE_OF_FORMAT = 208

# From RGB to luma and both chromas as cameras have them: BT.601, 16 to 235 and 240.
YCBCR = (
    *(0.257, 0.504, 0.098, 16),
    *(-0.148, -0.291, 0.439, 128),
    *(0.439, -0.368, -0.071, 128),
)


class Camera(Sink):
    """A camera of one size, whatever that of the pictures; it sends also while they rest."""

    title = "Virtual camera"
    seen = "Choose it as the camera of a call, or of a web page."
    least_fps = 240
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "device": Text(
            default="", description="Such as /dev/video10; the first that is there, if empty."
        ),
        "width": Number(default=1280, whole=True, min=16, max=3840),
        "height": Number(default=720, whole=True, min=16, max=2160),
        "mirrored": Boolean(description="For programs that show a camera as a mirror does."),
    }

    _opened: "Loopback | VirtualCamera | None" = None

    @classmethod
    def probe(cls) -> str | None:
        if IS_LINUX:
            return None if loopbacks() else NO_DEVICE
        return lacking("pyvirtualcam", "A virtual camera") or None

    @property
    def address(self) -> str:
        return self._opened.name if self._opened is not None else self.settings_given["device"]

    def open(self, width: int, height: int, fps: int) -> None:
        given = self.settings_given
        size = (given["width"] + given["width"] % 2, given["height"])
        kind = Loopback if IS_LINUX else VirtualCamera
        self._opened = kind(given["device"], size, fps)
        self._size = size

    def send(self, frame: Frame) -> None:
        assert self._opened is not None
        pixels = fitted(frame.pixels, *self._size)
        if self.settings_given["mirrored"]:
            pixels = pixels[:, ::-1]
        self._opened.send(pixels)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None


class Loopback:
    """A device of v4l2loopback. Raises Unavailable, InvalidArgument or OSError."""

    def __init__(self, name: str, size: tuple[int, int], fps: int) -> None:
        found = loopbacks()
        if not found:
            raise Unavailable(NO_DEVICE)
        if name and name not in found:
            raise InvalidArgument(f"'device' takes one of {', '.join(found)}, got {name}.")
        self.name = name or found[0]
        self._file = os.open(self.name, os.O_RDWR)
        try:
            control(self._file, S_FMT, wanted(*size))
        except OSError:
            os.close(self._file)
            raise

    def send(self, pixels: Pixels) -> None:
        """Write one picture, uint8 [H, W, 3]."""
        os.write(self._file, yuyv(pixels).tobytes())

    def close(self) -> None:
        """Let go of the device."""
        os.close(self._file)


class VirtualCamera:
    """OBS's camera, or another that pyvirtualcam finds. Raises MissingDependency or Unavailable."""

    def __init__(self, name: str, size: tuple[int, int], fps: int) -> None:
        need("pyvirtualcam", "A virtual camera")
        import pyvirtualcam

        try:
            self._camera = pyvirtualcam.Camera(*size, fps, device=name or None)
        except RuntimeError as error:
            words = str(error).strip().splitlines()[-1]
            raise Unavailable(f"There is no virtual camera; OBS brings one. ({words})") from error
        self.name: str = self._camera.device

    def send(self, pixels: Pixels) -> None:
        """Send one picture, uint8 [H, W, 3]."""
        self._camera.send(np.ascontiguousarray(pixels))

    def close(self) -> None:
        """Let go of the camera."""
        self._camera.close()


def loopbacks() -> list[str]:
    """Paths of the devices of v4l2loopback that we may write."""
    found = sorted(DEVICES.glob("video[0-9]*"), key=lambda path: (len(path.name), path.name))
    return [str(path) for path in found if is_loopback(path)]


def is_loopback(path: Path) -> bool:
    """Whether a device is one of v4l2loopback, and ours to write."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        answer = control(file, QUERYCAP, bytes(struct.calcsize(CAPABILITIES) + 12))
    except OSError:
        return False
    finally:
        os.close(file)
    driver: bytes = struct.unpack_from(CAPABILITIES, answer)[0]
    return driver.rstrip(b"\0") == LOOPBACK


def wanted(width: int, height: int) -> bytes:
    """A `v4l2_format`: pictures of that size, luma of each pixel and chroma of every second."""
    line = 2 * width
    fields = (OUTPUT, width, height, YUYV, NO_FIELDS, line, line * height, 0, 0)
    return struct.pack(FORMAT, *fields).ljust(SIZE_OF_FORMAT, b"\0")


def control(file: int, call: int, data: bytes) -> bytes:
    """An ioctl, with what the device gives back."""
    import fcntl

    answer: Any = fcntl.ioctl(file, call, data)
    return bytes(answer)


def yuyv(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A picture, uint8 [H, W, 3] of even width, as uint8 [H, W, 2]: luma, and Cb and Cr in turn."""
    colours = Image.fromarray(pixels).convert("RGB", YCBCR)
    luma, *chromas = colours.split()
    packed = np.empty((*pixels.shape[:2], 2), np.uint8)
    packed[:, :, 0] = luma
    for place, chroma in enumerate(chromas):
        packed[:, place::2, 1] = chroma.reduce((2, 1))
    return packed


SLOT = Camera
