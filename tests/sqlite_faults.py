"""SQLite's own seam for tests, `xSetSystemCall`: the process dies at the nth write to a file."""

import _sqlite3
import ctypes
import os
import signal
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_long, c_size_t, c_ssize_t, c_void_p
from typing import Any

Set = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
Get = CFUNCTYPE(c_void_p, c_void_p, c_char_p)


class Vfs(ctypes.Structure):
    """`sqlite3_vfs`, as far as it is needed (https://sqlite.org/c3ref/vfs.html)."""

    _fields_ = (
        ("version", c_int), ("file_size", c_int), ("path_size", c_int), ("next", c_void_p),
        ("name", c_char_p), ("data", c_void_p), *((f"method{n}", c_void_p) for n in range(13)),
        ("set_system_call", Set), ("get_system_call", Get),
    )  # fmt: skip


WRITES = {
    b"write": CFUNCTYPE(c_ssize_t, c_int, c_void_p, c_size_t),
    b"pwrite": CFUNCTYPE(c_ssize_t, c_int, c_void_p, c_size_t, c_long),
    b"pwrite64": CFUNCTYPE(c_ssize_t, c_int, c_void_p, c_size_t, c_long),
    b"ftruncate": CFUNCTYPE(c_int, c_int, c_long),
    b"unlink": CFUNCTYPE(c_int, c_char_p),
}
kept: list[Any] = []
"""What SQLite calls must not be collected."""


def is_possible() -> bool:
    """Whether this Python's SQLite can be reached: some have it hidden inside."""
    return hasattr(ctypes.CDLL(_sqlite3.__file__), "sqlite3_vfs_find")


class Writes:
    """Counts writes from its making on; at the one numbered `dies_at` the process is killed.

    With `torn`, half of what was to be written has been.
    """

    def __init__(self, dies_at: int = 0, torn: bool = False) -> None:
        self.number = 0
        self._dies_at = dies_at
        self._torn = torn
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = POINTER(Vfs)
        vfs = library.sqlite3_vfs_find(None)
        for name, kind in WRITES.items():
            address = vfs.contents.get_system_call(vfs, name)
            if address:
                ours = kind(self._counted(name, kind(address)))
                kept.append(ours)
                vfs.contents.set_system_call(vfs, name, ctypes.cast(ours, c_void_p))

    def _counted(self, name: bytes, call: Callable[..., int]) -> Callable[..., int]:
        def counted(*given: Any) -> int:
            self.number += 1
            if self.number == self._dies_at:
                if self._torn and name in (b"write", b"pwrite", b"pwrite64"):
                    call(given[0], given[1], given[2] // 2, *given[3:])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given)

        return counted
