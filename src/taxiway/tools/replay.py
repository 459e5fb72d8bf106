"""A film of a session that was kept as a file: each frame at its own time, none left out."""

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import msgspec

from taxiway.core.command import Command, Values, first_command
from taxiway.core.datatypes import File, Image, Number, Text
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.files import plain_name
from taxiway.core.images import Pixels
from taxiway.core.session_file import ENDING, changes, read_head
from taxiway.core.tool import Flag, Job, OpenModel
from taxiway.film.frames import Frames
from taxiway.film.writer import Manner, check, write_film

MOST_FRAMES = 2_000_000
"""Eighteen hours at 30 a second; a picture that stays costs next to nothing."""
CLOSE_SECONDS = 1e-6
"""As exactly as a session tells its times: what is set so little after a frame is of that frame."""


class Replay:
    """Writes the film `file`; the frame at a time shows what was set by then.

    A picture is made once for as long as nothing is set. Pictures are kept beside the film, in
    `file.frames`, until it is whole, if the disk has room: a call that was stopped goes on.
    """

    unit = "frames"
    command = Command(
        name="replay",
        description="Film a session that was kept, frame by frame.",
        inputs={
            "session": File(extension=ENDING, description="As the output 'Session' wrote it."),
            "file": Text(default="film.mp4", description="A film: .mp4, .webm, .gif or .apng."),
            "fps": Number(default=30, min=0.1, max=240, description="Frames a second."),
            "sound": File(optional=True, description="Laid under it, cut or repeated to fit."),
        },
        outputs={"file": Text(), "frames": Number(), "drawn": Number()},
    )
    flags = (
        Flag(input="session", names=("session",), metavar="SESSION.jsonl"),
        Flag(
            input="file",
            names=("--out",),
            metavar="FILE",
            is_output=True,
            is_required=True,
            help=".mp4, .webm, .gif or .apng",
        ),
    )

    epilog = "Run it again after a stop: it goes on where it was."

    def run(self, model: OpenModel, inputs: Values, job: Job) -> Values:
        out = job.folder / plain_name(inputs["file"])
        manner = Manner(fps=inputs["fps"], sound=inputs["sound"])
        check(out, manner)
        take = Take(model, Path(inputs["session"]), inputs["fps"])
        kept = Frames(out.with_name(f"{out.name}.frames"), [])
        write_film(out, take.frames(job, kept), take.count, manner)
        kept.clear()
        return {"file": out.name, "frames": take.count, "drawn": take.drawn}


class Take:
    """The frames of a session. Raises InvalidArgument for a file that is none, or an empty one."""

    def __init__(self, model: OpenModel, path: Path, fps: float) -> None:
        self._model, self._path, self._fps = model, path, fps
        self._command = first_command(model.commands, read_head(path).command or None)
        self._image = next(
            (name for name, field in self._command.outputs.items() if isinstance(field, Image)), ""
        )
        if not self._image:
            raise InvalidArgument(f"'{model.name}' gives no pictures.", "model")
        self.drawn = 0
        self.count = self._frame_count()

    def _frame_count(self) -> int:
        last = 0.0
        for change in changes(self._path):
            last = change.t
        count = max(math.ceil((last - CLOSE_SECONDS) * self._fps), 1)
        if count > MOST_FRAMES:
            raise InvalidArgument(f"A film has 1 to {MOST_FRAMES} frames, got {count}.", "fps")
        return count

    def frames(self, job: Job, kept: Frames) -> Iterator[Pixels]:
        """Every frame, uint8 [H, W, 3 or 4]."""
        coming, values = changes(self._path), dict[str, object]()
        change = next(coming, None)
        picture: Pixels | None = None
        for index in range(self.count):
            job.progress(index, self.count, preview=picture)
            while change is not None and change.t <= index / self._fps + CLOSE_SECONDS:
                if change.set:
                    values |= change.set
                    picture = None
                change = next(coming, None)
            if picture is None:
                picture = self._picture(values, kept)
            yield picture
        job.progress(self.count, self.count, "Done.")

    def _picture(self, values: dict[str, object], kept: Frames) -> Pixels:
        """The next picture, which was kept or is now."""
        given = {name: value for name, value in values.items() if value is not None}
        told = [self._model.identity, self._command.name, given]
        key = hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
        index = len(kept.keys)
        kept.keys.append(key)
        if kept.has(index):
            return kept.read(index)
        pixels = self._drawn(given)
        if kept.has_room:
            kept.put(index, pixels, {})
        return pixels

    def _drawn(self, given: dict[str, object]) -> Pixels:
        (answer,) = self._model.ask(self._command.name, [self._command.decode(given)])
        if isinstance(answer, TaxiwayError):
            raise answer
        self.drawn += 1
        pixels: Pixels = answer[self._image]
        return pixels
