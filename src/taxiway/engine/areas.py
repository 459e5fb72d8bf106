"""Memory that server and worker share: as much as the system has, and none where it has none."""

import os
import shutil
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

FOLDER = Path("/dev/shm")
"""Where Linux keeps it; a container's has 64 MB by default."""
PLENTY = 2**30
"""Bytes from which on nothing is set aside: pages take memory when they are written."""
LEAST = 2**20


def made(size: int) -> SharedMemory | None:
    """An area of up to `size` bytes, of an eighth of what is free where that is little; None where
    there is not enough, so that everything goes through the socket, slower.

    Little memory is set aside at once: whoever writes a page that is not there is ended (SIGBUS).
    """
    free = free_bytes()
    if free is not None and free < PLENTY:
        size = min(size, free // 8)
    if size < LEAST:
        return None
    try:
        area = SharedMemory(create=True, size=size)
    except OSError:
        return None
    if free is not None and free < PLENTY and not _is_set_aside(area):
        area.close()
        area.unlink()
        return None
    return area


def free_bytes() -> int | None:
    """How much memory can be shared; None where the system does not say."""
    try:
        return shutil.disk_usage(FOLDER).free if os.access(FOLDER, os.W_OK) else 0
    except OSError:
        return None


def _is_set_aside(area: SharedMemory) -> bool:
    try:
        descriptor = os.open(FOLDER / area.name, os.O_RDWR)
    except OSError:
        return False
    try:
        os.posix_fallocate(descriptor, 0, area.size)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
