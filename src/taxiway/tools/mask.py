"""Cut something out of a film by clicks, and write it on a colour, transparent, or over another."""

from pathlib import Path
from typing import Any

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Category, File, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.frame import flattened
from taxiway.core.images import Pixels
from taxiway.core.parsing import Malformed, from_json
from taxiway.core.tool import OTHER, Flag, Job, Stopped, Takes
from taxiway.film.writer import ground_of
from taxiway.masking.asked import Asked, lacking
from taxiway.masking.export import FORMS, Wanted, exported
from taxiway.masking.follow import Mask
from taxiway.masking.project import BEHIND, WISH, Cut, Project, by_colours, parse_clicks
from taxiway.masking.propagate import propagated
from taxiway.vision.colours import Grade

TINT = np.array([255, 40, 90], np.float32)
"""Over what a preview shows to be in the mask."""
GRADES = ("light", "contrast", "saturation", "warmth")


def grade_field(what: str) -> Number:
    """A correction of the object's colours."""
    return Number(default=0, min=-1, max=1, step=0.01, description=what, group="colour")


class Masking:
    """Reads a film, follows what was clicked, and writes it.

    Frames, clicks and masks stay in the folder: the same call goes on where it was stopped. The
    studio's clicks lie there as well, and with them what it wishes for next.
    """

    takes = Takes(model=False)
    unit = "frames"
    needs = ("cv2", "av")
    command = Command(
        name="mask",
        description="Cut something out of a film by clicks.",
        inputs={
            "film": File(description="The film."),
            "clicks": AnyType(
                optional=True,
                description='[{"frame": 0, "include": [[x, y]], "exclude": [[x, y]]}], 0 to 1.',
            ),
            OTHER: Text(
                default="",
                description="A model that cuts out and follows, such as sam2.1-tiny; else colours "
                "and what moves do.",
            ),
            "form": Category(
                one_of=FORMS,
                description="On a colour (green), transparent (alpha: ProRes; webm; pictures), "
                "masks alone, or over another film.",
            ),
            "ground": Text(default="#00ff00", description="The colour behind it."),
            "behind": File(optional=True, description="A film or a picture to put it over."),
            "soften": Number(default=0, min=0, max=20, step=0.5, description="Of the edge, px."),
            "match": Number(
                default=0, min=0, max=1, step=0.01, group="colour",
                description="How far it takes the colours of what is behind.",
            ),
            "light": grade_field("Darker or lighter."),
            "contrast": grade_field("Less or more contrast."),
            "saturation": grade_field("Greyer or more colourful."),
            "warmth": grade_field("Colder or warmer."),
        },
        outputs={"file": Text(), "frames": Number(), "keys": Number()},
    )  # fmt: skip
    flags = (
        Flag(input="film", names=("film",), metavar="FILM"),
        Flag(
            input="clicks", metavar="FILE|JSON", files=(".json",),
            help="points and boxes by frame, from 0 to 1; see docs/film.md",
        ),
        Flag(input=OTHER, names=("--model",), metavar="MODEL"),
    )  # fmt: skip

    def run(self, model: None, inputs: Values, job: Job) -> Values:
        asked = Asked(inputs[OTHER]) if inputs[OTHER] else None
        project, source = Project(job.folder), inputs["film"]
        self._read(project, inputs, job)
        self._click(project, inputs, asked)
        wish = wish_of(project)
        if not project.known().clicks and inputs["clicks"] is None:
            raise Stopped(
                "The film is read: say what to cut out, by --clicks or on the studio's Film screen."
            )
        self._propagate(project, asked, job)
        if wish is None:
            written = self._write(project, inputs, job)
            count, keys = project.known().count, len(project.known().clicks)
            return {"file": written, "frames": count, "keys": keys}
        if not wish:
            raise Stopped("Every frame has its mask: look through them, correct, or write a film.")
        given = self.command.decode({**wish, "film": source, "behind": behind_of(project, wish)})
        raise Stopped(
            f"'{self._write(project, given, job)}' is written; it can be corrected still."
        )

    def _read(self, project: Project, inputs: Values, job: Job) -> None:
        """Have the film's frames in the folder."""
        film, known = inputs["film"], project.film
        if known is not None and known.name != name_of(film):
            raise InvalidArgument(
                f"'{job.folder}' holds the masks of '{known.name}'; take another folder.", "film"
            )
        if known is None:
            for index, pixels in enumerate(project.read(film, name_of(film))):
                job.progress(index + 1, 0, "Reads the film.", pixels if index % 10 == 0 else None)

    def _click(self, project: Project, inputs: Values, asked: Asked | None) -> None:
        """Take what cuts out, and the clicks that were given with the call."""
        project.cut = asked.cut if asked else by_model_of(project)
        if asked:
            project.use(asked.name)
        given = parse_clicks(listed(inputs["clicks"])) if inputs["clicks"] is not None else []
        for clicks in given:
            if clicks not in project.known().clicks:
                project.click(clicks)

    def _propagate(self, project: Project, asked: Asked | None, job: Job) -> None:
        count, keys = project.known().count, len(project.keys())
        for done, (index, mask) in enumerate(propagated(project, asked)):
            shown = tinted(project.frame(index), mask) if done % 5 == 0 else None
            job.progress(keys + done + 1, count, f"Follows it to frame {index}.", shown)

    def _write(self, project: Project, inputs: Values, job: Job) -> str:
        count = project.known().count
        wanted = Wanted(
            form=inputs["form"],
            ground=ground_of(inputs["ground"]),
            behind=inputs["behind"],
            soften=inputs["soften"],
            match=inputs["match"],
            grade=Grade(**{name: inputs[name] for name in GRADES}),
            packed=wish_of(project) is not None,
        )

        def report(index: int, pixels: Pixels) -> None:
            shown = shown_of(pixels) if index % 5 == 0 else None
            job.progress(index + 1, count, "Writes the film.", shown)

        return exported(project, inputs["film"], wanted, job.folder, report)


def by_model_of(project: Project) -> Cut:
    """What cuts out where the call names no model: colours, or a sentence on the one that did."""
    name = project.known().model
    if not name:
        return by_colours

    def refuse(*asked: Any) -> Mask:
        raise lacking(name)

    return refuse


def wish_of(project: Project) -> dict[str, Any] | None:
    """What the studio wishes for next: {} for masks, inputs for a film; None where it is not it."""
    try:
        found: dict[str, Any] = from_json((project.folder / WISH).read_bytes(), dict[str, Any])
    except (OSError, Malformed):
        return None
    return found


def behind_of(project: Project, wish: dict[str, Any]) -> Path | None:
    """The file that the studio put behind."""
    return project.folder / BEHIND if wish.get("form") == "over" else None


def listed(clicks: Any) -> Any:
    """Clicks as they were given: JSON, or a file of it."""
    try:
        if isinstance(clicks, Path):
            return from_json(clicks.read_bytes())
        return from_json(clicks.encode()) if isinstance(clicks, str) else clicks
    except (OSError, Malformed) as reason:
        raise InvalidArgument(f"'clicks' cannot be read: {reason}.", "clicks") from None


def name_of(film: Path | bytes) -> str:
    """What a film is called."""
    return film.name if isinstance(film, Path) else "film"


def tinted(pixels: Pixels, mask: Mask) -> Pixels:
    """A frame with what is in the mask coloured."""
    shown = pixels.astype(np.float32)
    shown[mask] = shown[mask] * 0.5 + TINT * 0.5
    return shown.astype(np.uint8)


def shown_of(pixels: Pixels) -> Pixels:
    """A written frame as a preview, [H, W, 3]."""
    return flattened(pixels)


SLOT = Masking
