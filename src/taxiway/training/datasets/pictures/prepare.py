"""`taxiway dataset prepare`: from pictures as they come to a packed dataset."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.packed import Packing, packing
from taxiway.training.datasets.pictures.sources import Source
from taxiway.training.datasets.pictures.survey import KINDS, Facts, survey

MOST = 25_000
"""Pictures in one dataset, as many as Runway took."""
FEW, TOO_FEW = 300, 50
"""Below the first a training learns them by heart; below the second it is not worth starting."""


@dataclass(frozen=True)
class Summary:
    """What became of the pictures of a source."""

    facts: list[Facts]
    others: int
    written: int = 0

    def count(self, kind: str) -> int:
        """How many pictures are of a kind of `Facts.kind`; "" is those taken."""
        return sum(facts.kind == kind for facts in self.facts)

    def lines(self) -> list[str]:
        """The outcome in words, one line for each thing to say."""
        taken = self.count("")
        written = f", {self.written} written" if self.written else ""
        lines = [f"{taken} of {len(self.facts)} pictures taken{written}."]
        for kind in KINDS:
            names = [facts for facts in self.facts if facts.kind == kind]
            if names:
                first = names[0]
                lines.append(f"{len(names)} {kind}, such as '{first.name}', which {first.why}.")
        enlarged = sum(facts.taken and facts.scale < 1 for facts in self.facts)
        if enlarged:
            lines.append(f"{enlarged} a little smaller than wanted: taken, and enlarged for it.")
        unlabelled = [facts.name for facts in self.facts if facts.taken and facts.label is None]
        if 0 < len(unlabelled) < taken:
            lines.append(
                f"{len(unlabelled)} without a label, such as '{unlabelled[0]}': trainings with "
                "--labels take no such set."
            )
        if self.others:
            lines.append(f"{self.others} other files passed over.")
        if self.mostly_too_small:
            lines.append("Most pictures are too small for this size: take a smaller --resolution.")
        elif taken < FEW:
            lines.append(
                f"That is few: 500 to 5,000 are best; below {FEW} it learns them by heart."
            )
        return lines

    @property
    def mostly_too_small(self) -> bool:
        """Whether a smaller size would bring more pictures than this one."""
        return self.count("too small") > self.count("")

    def left_out(self) -> str:
        """How many of each kind were left out: "2 broken, 5 too small"."""
        counts = ((self.count(kind), kind) for kind in KINDS)
        return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "none left out"


def prepare(
    source: Source,
    out: Path,
    plan: Plan,
    limit: int = MOST,
    force: bool = False,
    advance: Callable[[], object] = lambda: None,
) -> Summary:
    """Write the squares of a source's pictures to `out`, whole; what was there stays till then.

    `advance` is called after each picture. Raises InvalidArgument for fewer than TOO_FEW usable
    pictures unless `force`.
    """
    found: list[Facts] = []
    with packing(out) as packed:
        for facts in survey(source, plan, limit, keep=lambda f, made: _add(packed, f, made)):
            found.append(facts)
            advance()
        summary = Summary(found, source.others, len(packed.labels))
        packed.classes = source.classes
        taken, least = summary.count(""), 1 if force else TOO_FEW
        if taken < least:
            raise InvalidArgument(
                f"A dataset takes {least} usable pictures or more (--force takes fewer); "
                f"here are {taken}, with {summary.left_out()}"
                f"{'; take a smaller --resolution' if summary.mostly_too_small else ''}."
            )
    return summary


def _add(packed: Packing, facts: Facts, made: list[Image.Image]) -> None:
    for square in made:
        packed.add(square, facts.label)
