"""Where the states of one model lie: below the data folder, a file of presets and one of history.

    presets.json          what the eight are, a state a line: a text that goes into git
    movement.json         modulators and tempo
    timeline.json         keys and tracks
    NAME-unread.json      one of these that could not be read
    history.jsonl         settled pictures, the newest last
    pictures/ID.jpg       what each of them looked like

Nothing else in that folder is read, written or removed, whoever put it there.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from PIL import Image

from taxiway.core.files import place_free, write_whole
from taxiway.core.images import Pixels, encode_jpeg, in_channels
from taxiway.core.parsing import Malformed, from_json
from taxiway.live.presets.state import MOST_STATE_BYTES, PICTURE, State, checked, from_text, to_text

PRESETS_FILE, MOVEMENT_FILE, TIMELINE_FILE = "presets.json", "movement.json", "timeline.json"
UNREAD = "-unread"
PRESETS = 8
MOST_HISTORY = 100
MOST_FILE_BYTES = MOST_HISTORY * 3 * MOST_STATE_BYTES
MOST_MOVEMENT_BYTES = 1_000_000
MOST_TIMELINE_BYTES = 60_000_000
PICTURE_SIDE = 128
"""Pixels of the longer side of a small picture."""
MOST_PICTURE_BYTES = 200_000
YOUNG_SECONDS = 3600.0


class PresetsFile(Struct, kw_only=True):
    """`presets.json`: states by their numbers."""

    taxiway: str = ""
    version: int = 0
    model: str = ""
    presets: dict[str, State] = {}


def folder_name(model: str, checkpoint: str | None) -> str:
    """What a model's folder is called: by its name and its file, as two may have one name."""
    told = f"{model}\0{checkpoint or ''}".encode(errors="surrogatepass")
    return f"{folder_prefix(model)}-{hashlib.sha256(told).hexdigest()[:8]}"


def folder_prefix(model: str) -> str:
    """How the folders of models of that name begin."""
    return re.sub(r"[^\w-]", "_", model, flags=re.ASCII)[:60]


def small(pixels: Pixels) -> bytes:
    """A JPEG of 128 pixels of uint8 [H, W] or [H, W, C], over white where it is transparent."""
    image = Image.fromarray(pixels)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BOX)
    return encode_jpeg(np.asarray(in_channels(image, 3)), 82)


def new_picture() -> str:
    """A name that no other picture has."""
    return f"{secrets.token_hex(8)}.jpg"


class StateFolder:
    """Reads and writes one model's states; every method may take a while, and raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines = 0

    def presets(self) -> dict[int, State]:
        """The presets by number, 1 to 8. Raises Malformed."""
        return presets_in(self._read(self.folder / PRESETS_FILE, PRESETS * MOST_STATE_BYTES))

    def write_presets(self, presets: Mapping[int, State], model: str) -> None:
        """Keep the presets in place of those before."""
        self._make()
        write_whole(self.folder / PRESETS_FILE, presets_text(presets, model))

    def movement(self) -> bytes:
        """The text of what moves."""
        return self._read(self.folder / MOVEMENT_FILE, MOST_MOVEMENT_BYTES)

    def write_movement(self, text: bytes) -> None:
        """Keep it in place of the one before."""
        self._make()
        write_whole(self.folder / MOVEMENT_FILE, text)

    def timeline(self) -> bytes:
        """The text of the timeline."""
        return self._read(self.folder / TIMELINE_FILE, MOST_TIMELINE_BYTES)

    def write_timeline(self, text: bytes) -> None:
        """Keep it in place of the one before."""
        self._make()
        write_whole(self.folder / TIMELINE_FILE, text)

    def history(self) -> list[State]:
        """The newest 100 settled states, oldest first; lines that cannot be read are left out."""
        try:
            data = self._read(self.folder / "history.jsonl", MOST_FILE_BYTES)
        except (Malformed, OSError):
            return []
        lines = data.splitlines()
        # After a line that was cut off nothing can be added.
        self._lines = len(lines) if data.endswith(b"\n") else 2 * MOST_HISTORY
        found = []
        for line in lines[-MOST_HISTORY:]:
            try:
                found.append(from_text(line))
            except Malformed:
                continue
        return found

    def write_history(self, history: Iterable[State], anew: bool = False) -> None:
        """Add the newest of the history, which is whole again after a hundred, or written anew."""
        kept = list(history)[-MOST_HISTORY:]
        self._make()
        path = self.folder / "history.jsonl"
        self._lines += 1
        if not anew and self._lines < 2 * MOST_HISTORY and path.exists():
            with path.open("ab") as file:
                file.write(to_text(kept[-1]) + b"\n")
            return
        self._lines = len(kept)
        write_whole(path, b"".join(to_text(state) + b"\n" for state in kept))

    def picture(self, name: str) -> bytes | None:
        """A picture of ours by its name; None where there is none."""
        if not PICTURE.fullmatch(name):
            return None
        try:
            return self._read(self.folder / "pictures" / name, MOST_PICTURE_BYTES)
        except (Malformed, OSError):
            return None

    def has_picture(self, name: str) -> bool:
        """Whether there is a picture of ours of that name."""
        return bool(PICTURE.fullmatch(name)) and (self.folder / "pictures" / name).is_file()

    def write_picture(self, name: str, data: bytes) -> None:
        """Keep a picture under a new name of ours."""
        assert PICTURE.fullmatch(name)
        self._make()
        write_whole(self.folder / "pictures" / name, data)

    def remove_picture(self, name: str) -> None:
        """Remove a picture of ours."""
        if PICTURE.fullmatch(name):
            (self.folder / "pictures" / name).unlink(missing_ok=True)

    def sweep(self, used: Iterable[str]) -> None:
        """Remove the pictures of ours that nothing uses, as a crash leaves them.

        A new one may be another server's, which is about to write what uses it.
        """
        wanted, folder = set(used), self.folder / "pictures"
        before = time.time() - YOUNG_SECONDS
        for path in folder.iterdir() if folder.is_dir() else ():
            if not PICTURE.fullmatch(path.name) or path.name in wanted or path.is_symlink():
                continue
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    def set_aside(self, name: str) -> str:
        """Give a file that cannot be read another name, so that it is not written over."""
        path = self.folder / name
        return place_free(path, path.with_stem(path.stem + UNREAD)).name

    @property
    def has_unread(self) -> bool:
        """Whether there is a file that was set aside."""
        return any(self.folder.glob(f"*{UNREAD}*.json"))

    def _make(self) -> None:
        (self.folder / "pictures").mkdir(mode=0o700, parents=True, exist_ok=True)

    def _read(self, path: Path, most: int) -> bytes:
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise Malformed(f"it is larger than {most} bytes")
        return data


def presets_text(presets: Mapping[int, State], model: str) -> bytes:
    """Presets as text, one a line, so that a change is one line of a diff."""
    quoted = msgspec.json.encode(model).decode()
    head = f'{{"taxiway":"scene","version":1,"model":{quoted},"presets":{{'
    lines = [f'"{number}":'.encode() + to_text(presets[number]) for number in sorted(presets)]
    return head.encode() + b"\n" + b",\n".join(lines) + b"\n}}\n"


def presets_in(data: bytes) -> dict[int, State]:
    """The presets of such a text. Raises Malformed, and nothing else."""
    found: PresetsFile = from_json(data, PresetsFile, PRESETS * MOST_STATE_BYTES)
    if found.taxiway != "scene":
        raise Malformed("it is no scene of Taxiway's")
    if found.version != 1:
        raise Malformed(f"it is of version {found.version}, and this Taxiway reads version 1")
    numbers = {str(number): number for number in range(1, PRESETS + 1)}
    if strange := [key for key in found.presets if key not in numbers]:
        raise Malformed(f"presets have numbers 1 to {PRESETS}, got {strange[0][:20]!r}")
    return {numbers[key]: checked(state) for key, state in found.presets.items()}
