"""A model over pictures, a film or lines: what it says to each, as files beside each other."""

from contextlib import ExitStack

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Array, Boolean, Category, File, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import ON, Job, OpenModel, Takes
from taxiway.film.media import import_av
from taxiway.film.writer import WRITING
from taxiway.tools.batch.given import Given
from taxiway.tools.batch.lines import Lines
from taxiway.tools.batch.question import Call, Question
from taxiway.tools.batch.together import write_list, write_pictures, write_table


class Batch:
    """Writes each picture output as a picture and all other outputs as `STEM.json`.

    A picture whose `STEM.json` says that it was made of the same bytes, by the same model with the
    same inputs, is not asked again: a call that was stopped, however it ended, goes on where it
    was. What cannot be read, or what the model refuses, is told in its `STEM.json`.
    """

    takes = Takes(one_of=("image", "segmentation", "text"))
    unit = "pictures"
    command = Command(
        name="batch",
        description="Ask a model about every picture of a set, every frame of a film, every line.",
        inputs={
            "pictures": Array(
                item_type=File(),
                description="Pictures, zip files of pictures, or films; of a model that takes a "
                "text, text files, a line each.",
                min_length=1,
            ),
            "command": Text(description="What to ask, where the model can be asked several."),
            "input": Text(description="The input that takes the picture or line; else its first."),
            "values": AnyType(optional=True, description='The other inputs: {"steps": 20}.'),
            "format": Category(
                one_of=("PNG", "JPEG", "none"), description="Of the pictures it gives."
            ),
            "csv": Boolean(description="Also a table, batch.csv: what is nested with dots."),
            "json": Boolean(description="Also all answers in one list, batch.json."),
            "film": Boolean(description="Also the pictures it gives as a film, batch.mp4."),
            "crops": Boolean(description="Also cut out what is in each box that it finds."),
            ON: Text(
                description="Another machine, as taxiway remote add named it, or ray for this "
                "one's cluster."
            ),
        },
        outputs={
            "made": Number(description="Pictures that were asked now."),
            "kept": Number(description="Pictures that were there already."),
            "failed": Number(description="Pictures that could not be read, or were refused."),
            "files": Array(item_type=Text(), description="What is there of all together."),
        },
    )

    def run(self, model: OpenModel, inputs: Values, job: Job) -> Values:
        question = Question.of(model, inputs)
        if inputs["film"]:
            check_film(question)
        counts, stems = {"made": 0, "kept": 0, "failed": 0}, list[str]()
        with ExitStack() as opened:
            pictures = inputs["pictures"]
            given = Lines(pictures) if question.is_of_text else Given(pictures, opened)
            calls: list[Call] = []
            for picture in given:
                stems.append(picture.stem)
                job.progress(sum(counts.values()), given.count, picture.name)
                call = question.put(picture, job.folder, counts)
                calls += [call] if call else []
                if len(calls) == question.command.max_batch:
                    calls = asked(question, calls, job, counts, given.count)
            asked(question, calls, job, counts, given.count)
        files = gathered(inputs, job, stems, given.fps)
        job.progress(len(stems), len(stems), "Done.")
        return {**counts, "files": files}


def asked(
    question: Question, calls: list[Call], job: Job, counts: dict[str, int], total: int
) -> list[Call]:
    """Ask about what waits, if anything does; nothing waits then."""
    if calls:
        shown = question.answer(calls, job.folder, counts)
        done = sum(counts.values())
        job.progress(done, max(total, done), calls[-1].picture.name, shown)
    return []


def gathered(inputs: Values, job: Job, stems: list[str], fps: float) -> list[str]:
    """Write what is about all pictures; the names of the files."""
    files, total = [], len(stems)
    for name, write in (("json", write_list), ("csv", write_table)):
        if inputs[name]:
            job.progress(total, total, f"Writes the {name.upper()}.")
            files.append(write(job.folder, lambda: stems))
    if inputs["film"]:
        job.progress(total, total, "Writes the film.")
        files.append(write_pictures(job.folder, lambda: stems, fps))
    return files


def check_film(question: Question) -> None:
    """Raise InvalidArgument or MissingDependency where no film could be made at the end."""
    if question.format == "none" or not question.images:
        why = "'format' is none" if question.images else f"'{question.command.name}' gives none"
        raise InvalidArgument(f"'film' is made of the pictures that a model gives; {why}.", "film")
    import_av(WRITING)


SLOT = Batch
