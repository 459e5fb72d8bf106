"""Move a still picture by a whole film, with any model that moves one by a frame at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Boolean, File, Image, Number, Text
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.files import plain_name
from taxiway.core.images import Pixels
from taxiway.core.tool import Flag, Job, OpenModel, Takes
from taxiway.film.media import playing
from taxiway.film.writer import Manner, check, write_film

INPUTS = ("source_image", "driving_image")
"""What a model's command has that moves a picture."""


class Drive:
    """Writes the film `file`, as long as the one that drives it, with that one's sound."""

    takes = Takes(inputs=("image",), named=INPUTS)
    unit = "frames"
    begins_anew = True
    needs = ("av",)
    command = Command(
        name="drive",
        description="Move a still picture as a film moves.",
        inputs={
            "picture": Image(description="The still picture."),
            "film": File(description="The film that moves it."),
            "file": Text(default="moved.mp4", description="A film: .mp4, .webm, .gif or .apng."),
            "amount": Number(default=1, min=0, max=3, step=0.05, description="How far it moves."),
            "crop_square": Boolean(description="Both are cropped to squares."),
            "use_relative_movement": Boolean(default=True, description="Moved from where it is."),
        },
        outputs={"file": Text(), "frames": Number()},
    )
    flags = (
        Flag(input="picture", names=("picture",)),
        Flag(input="film", names=("film",), metavar="FILM"),
        Flag(
            input="file",
            names=("--out",),
            metavar="FILE",
            is_output=True,
            is_required=True,
            help=".mp4, .webm, .gif or .apng",
        ),
    )

    def run(self, model: OpenModel, inputs: Values, job: Job) -> Values:
        command = mover(model)
        out = job.folder / plain_name(inputs["file"])
        count, fps, has_sound = facts_of(inputs["film"])
        sound = inputs["film"] if has_sound and out.suffix in (".mp4", ".webm") else None
        manner = Manner(fps=fps, sound=sound)
        check(out, manner)
        write_film(out, moved(model, command, inputs, job, count), count, manner)
        return {"file": out.name, "frames": count}


def mover(model: OpenModel) -> Command:
    """The command of a model that moves a picture. Raises InvalidArgument."""
    for command in model.commands.values():
        if all(name in command.inputs for name in INPUTS):
            return command
    raise InvalidArgument(f"'{model.name}' moves no pictures; motion does.", "model")


def facts_of(film: Path | bytes) -> tuple[int, float, bool]:
    """How many frames a film has, how many a second, and whether it has a sound.

    Raises MissingDependency, or InvalidArgument for what is none.
    """
    with playing(film) as opened:
        rate = opened.streams.video[0].average_rate
        count = sum(1 for _ in opened.decode(video=0))
        if not count:
            raise InvalidArgument("There are no frames in 'film'.", "film")
        return count, min(max(float(rate or 25), 0.1), 240.0), bool(opened.streams.audio)


def moved(
    model: OpenModel, command: Command, inputs: Values, job: Job, count: int
) -> Iterator[Pixels]:
    """The picture as each frame of the film has it, uint8 [H, W, 3]."""
    image = next(name for name, field in command.outputs.items() if isinstance(field, Image))
    more = {name: value for name, value in inputs.items() if name in command.inputs}
    with playing(inputs["film"]) as opened:
        for index, frame in enumerate(opened.decode(video=0)):
            given: dict[str, Any] = {
                **more,
                "source_image": inputs["picture"],
                "driving_image": frame.to_ndarray(format="rgb24"),
                "restart": index == 0,
            }
            (answer,) = model.ask(command.name, [command.decode(given)])
            if isinstance(answer, TaxiwayError):
                raise answer
            job.progress(index, count, preview=answer[image])
            yield answer[image]


SLOT = Drive
