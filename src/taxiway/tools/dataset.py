"""A dataset of any kind made ready for a training: `taxiway dataset prepare` as a job."""

from pathlib import Path
from typing import Any, ClassVar
from zipfile import ZipFile

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Array, Boolean, Category, File, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import encode_jpeg
from taxiway.core.tool import Job, Takes
from taxiway.training.dataset import Kind, checked, look, prepared
from taxiway.training.datasets.pictures.crops import CHANNELS, Plan
from taxiway.training.datasets.pictures.prepare import MOST, Summary, prepare
from taxiway.training.datasets.pictures.report import report
from taxiway.training.datasets.pictures.sources import Source, open_source
from taxiway.training.datasets.pictures.video import VIDEOS

FILE, REPORT = "dataset.zip", "report.html"
GATHERED = ".pictures.zip"


class Dataset:
    """Writes `dataset.zip`, which a training takes, and `report.html`, a page about it."""

    takes = Takes(model=False)
    unit = "pictures"
    wants: ClassVar[dict[str, str]] = {"av": "Taking pictures out of a film"}
    command = Command(
        name="dataset",
        description="Make pictures ready for a training.",
        inputs={
            "pictures": Array(
                item_type=File(), description="Pictures, or one zip file or video.", min_length=1
            ),
            "resolution": Number(default=256, whole=True, min=16, max=1024, description="Pixels."),
            "crop": Category(one_of=("center", "random", "none", "pad")),
            "crops": Number(
                default=1, whole=True, min=1, max=16, description="Random ones of each picture."
            ),
            "mirror": Boolean(description="A mirrored copy of each too."),
            "channels": Category(
                one_of=CHANNELS, description="1: grey, 3: colours, 4: with alpha."
            ),
            "labels": Boolean(description="Folders of the zip file are classes."),
            "fps": Number(default=10, min=0.1, max=60, description="Pictures a second of a video."),
            "few": Boolean(description="Even with fewer than 50 pictures."),
        },
        outputs={"file": Text(), "report": Text(), "written": Number(), "facts": AnyType()},
    )

    def run(self, model: None, inputs: Values, job: Job) -> Values:
        plan = Plan(inputs["resolution"], inputs["crop"], inputs["crops"], inputs["mirror"], seed=0)
        job.progress(0, 1, "Looks at the pictures.")
        source = one_file(inputs["pictures"], job.folder)
        try:
            channels = int(inputs["channels"])
            with open_source(source, inputs["labels"], inputs["fps"], channels=channels) as found:
                summary = self.prepared(found, plan, inputs, job)
                page = report("dataset", summary, plan, [])
        finally:
            (job.folder / GATHERED).unlink(missing_ok=True)
        write_whole(job.folder / REPORT, page.encode())
        return {
            "file": FILE,
            "report": REPORT,
            "written": summary.written,
            "facts": summary.lines(),
        }

    def prepared(self, found: Source, plan: Plan, inputs: Values, job: Job) -> Summary:
        """Write the dataset, counting its pictures. Raises InvalidArgument for too few."""
        if not found.count:
            raise InvalidArgument("'pictures' holds no pictures.", "pictures")
        done, total = 0, min(found.count, MOST)

        def advance() -> None:
            nonlocal done
            done += 1
            job.progress(min(done, total), total, "preparing pictures")

        return prepare(found, job.folder / FILE, plan, MOST, inputs["few"], advance)


class KindDataset:
    """Writes `dataset.zip` of another kind than pictures, and a look at it."""

    takes = Takes(model=False)
    unit = "examples"

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.command = Command(
            name=f"dataset-{kind.name}",
            description=f"{kind.title}, made ready for a training.",
            inputs={
                "files": Array(
                    item_type=File(),
                    description="One zip file, or files by themselves.",
                    min_length=1,
                ),
                **kind.options,
            },
            outputs={"file": Text(), "written": Number(), "facts": AnyType()},
        )

    def run(self, model: None, inputs: Values, job: Job) -> Values:
        job.progress(0, 1, "Looks at the files.")
        values = {name: inputs[name] for name in self.kind.options}
        source, done = one_file(inputs["files"], job.folder), 0
        try:
            total = checked(self.kind, source).examples

            def advance() -> None:
                nonlocal done
                done += 1
                job.progress(min(done, total), total, "preparing examples")

            found = prepared(self.kind, source, job.folder / FILE, values, advance)
        finally:
            (job.folder / GATHERED).unlink(missing_ok=True)
        shown = look(self.kind, job.folder / FILE)
        if isinstance(shown, str):
            write_whole(job.folder / "look.txt", shown.encode())
        else:
            write_whole(job.folder / "look.jpg", encode_jpeg(shown))
        return {"file": FILE, "written": found.examples, "facts": list(found.lines)}


def one_file(given: list[Any], folder: Path) -> Path:
    """The zip file, video or text that was given, or the files gathered in a zip file."""
    first = given[0] if len(given) == 1 else None
    if isinstance(first, Path) and first.suffix.lower() in (".zip", ".txt", *VIDEOS):
        return first
    gathered = folder / GATHERED
    if isinstance(first, bytes) and first.startswith(b"PK"):
        gathered.write_bytes(first)
        return gathered
    with ZipFile(gathered, "w") as archive:
        for number, item in enumerate(given):
            if isinstance(item, Path):
                archive.write(item, item.name)
            else:
                archive.writestr(f"{number:05d}.png", item)
    return gathered


SLOT = Dataset
