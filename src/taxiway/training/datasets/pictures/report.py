"""`taxiway dataset report`: one page that shows what is in a dataset and what will be left out."""

import base64
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.prepare import FEW, MOST, Summary
from taxiway.training.datasets.pictures.survey import ODD, Facts, blurred, lookalikes

PAGE = Path(__file__).with_name("report.html")
SHOWN = 180
"""Pictures on the contact sheet."""
LISTED = 60
"""Pictures shown of each kind that is worth a look."""


def report(name: str, summary: Summary, plan: Plan, expected: Sequence[tuple[str, str]]) -> str:
    """The page as HTML that needs no other file. `expected` are rows (training, time)."""
    taken = [facts for facts in summary.facts if facts.taken]
    alike = lookalikes(summary.facts)
    soft = blurred(summary.facts)
    odd = [facts for facts in taken if facts.aspect > ODD and plan.crop in ("center", "random")]
    small = [facts for facts in taken if facts.scale < 1]
    parts = [
        *(kind_section(summary, kind, told) for kind, told in LEFT_OUT.items()),
        listed("Odd shapes", "taken, but a square keeps less than half of each", odd, shape),
        listed("A little small", "taken, and enlarged for it", small, shape),
        listed("Blurred", "taken, but far softer than the others", soft, lambda facts: ""),
    ]
    sections = [
        contact_sheet(taken),
        f'<div class="parts">{"".join(parts)}</div>',
        groups_section(alike),
        charts(summary.facts),
        times(expected),
    ]
    return Template(PAGE.read_text()).substitute(
        title=escape(name),
        subtitle=f"For a model of {plan.resolution} x {plan.resolution} pixels, "
        f"crop {plan.crop}: how the pictures look, and which a training would not get.",
        numbers=numbers(summary, len(alike)),
        warnings="".join(f'<p class="warning">{text}</p>' for text in warnings(summary, alike)),
        body="\n".join(filter(None, sections)),
    )


LEFT_OUT = {
    "broken": "cannot be opened",
    "too small": "enlarging them would teach the model blur",
    "blank": "show one colour",
    "duplicate": "exactly the same pixels as an earlier one",
    "alike": "frames that look like the one before",
}


def numbers(summary: Summary, groups: int) -> str:
    """The row of figures at the top."""
    shown = [(summary.count(""), "taken")]
    shown += [(summary.count(kind), kind) for kind in LEFT_OUT if summary.count(kind)]
    shown += [(groups, "groups alike")] if groups else []
    shown += [(summary.others, "other files")] if summary.others else []
    return "".join(f"<div><b>{count:,}</b><span>{what}</span></div>" for count, what in shown)


def warnings(summary: Summary, alike: list[list[Facts]]) -> Iterable[str]:
    """What to say before a training is started on these pictures."""
    taken = summary.count("")
    if taken < FEW:
        yield (
            f"{taken} pictures are few. 500 to 5,000 are best; below {FEW} a model learns them "
            "by heart rather than what they have in common."
        )
    if len(summary.facts) >= MOST:
        yield f"There may be more than {MOST:,} pictures; only the first were looked at."
    if sum(map(len, alike)) > 0.2 * max(taken, 1):
        yield "One picture in five has a near twin: the model will show them more often."
    if summary.mostly_too_small:
        yield "Most pictures are too small for this size: take a smaller --resolution."


def contact_sheet(taken: list[Facts]) -> str:
    """Pictures drawn evenly from those taken."""
    if not taken:
        return ""
    places = np.linspace(0, len(taken) - 1, min(SHOWN, len(taken))).astype(int)
    pictures = "".join(picture(taken[place]) for place in places)
    told = "all of them" if len(places) == len(taken) else f"{len(places)} of {len(taken):,}"
    return f'<h2>Taken <small>{told}</small></h2><div class="sheet">{pictures}</div>'


def kind_section(summary: Summary, kind: str, told: str) -> str:
    """One kind of pictures left out, each with its reason."""
    found = [facts for facts in summary.facts if facts.kind == kind]
    return listed(f"Left out: {kind}", told, found, lambda facts: facts.why)


def listed(title: str, told: str, found: list[Facts], say: Callable[[Facts], str]) -> str:
    """Pictures by name, with a few words each; nothing where there are none."""
    if not found:
        return ""
    figures = "".join(
        f"<figure>{picture(facts)}<b>{escape(facts.name)}</b>"
        f"<figcaption>{escape(say(facts))}</figcaption></figure>"
        for facts in found[:LISTED]
    )
    more = f"<p>and {len(found) - LISTED:,} more</p>" if len(found) > LISTED else ""
    heading = f"<h2>{title} <small>{len(found):,}: {told}</small></h2>"
    return f'<section>{heading}<div class="sheet named">{figures}</div>{more}</section>'


def groups_section(alike: list[list[Facts]]) -> str:
    """Pictures that look nearly the same, side by side."""
    if not alike:
        return ""
    groups = "".join(
        f'<div class="group">{"".join(map(named, members[:8]))}</div>' for members in alike[:LISTED]
    )
    told = f"{len(alike):,} groups that look nearly the same; all taken, leave out what repeats"
    return f"<h2>Alike <small>{told}</small></h2>{groups}"


def named(facts: Facts) -> str:
    """A picture over its name."""
    return f"<figure>{picture(facts)}<figcaption>{escape(facts.name)}</figcaption></figure>"


def picture(facts: Facts) -> str:
    """A thumbnail with the name as its tip; nothing for a picture that could not be opened."""
    if not facts.thumbnail:
        return ""
    data, name = base64.b64encode(facts.thumbnail).decode(), escape(facts.name, quote=True)
    return f'<img src="data:image/jpeg;base64,{data}" alt="{name}" title="{name}">'


def shape(facts: Facts) -> str:
    """Width and height."""
    return f"{facts.width} x {facts.height}"


def charts(found: list[Facts]) -> str:
    """How large the pictures are and how long they are for their width."""
    opened = [facts for facts in found if facts.width]
    if not opened:
        return ""
    sides = [min(facts.width, facts.height) for facts in opened]
    sizes = [(f"{low}", sum(low <= side < 2 * low for side in sides)) for low in SIDES]
    ratios = [facts.width / facts.height for facts in opened]
    shapes = [(label, sum(low <= ratio < high for ratio in ratios)) for label, low, high in SHAPES]
    return (
        "<h2>Sizes and shapes</h2><div class='plots'>"
        f"{bars('shorter side, pixels from', sizes)}{bars('width over height', shapes)}</div>"
    )


SIDES = tuple(2**k for k in range(4, 14))
SHAPES = (
    ("< 1:2", 0.0, 0.5),
    ("2:3", 0.5, 0.72),
    ("4:5", 0.72, 0.95),
    ("square", 0.95, 1.06),
    ("4:3", 1.06, 1.42),
    ("3:2", 1.42, 1.7),
    ("16:9", 1.7, 2.0),
    ("> 2:1", 2.0, float("inf")),
)


def bars(title: str, rows: Sequence[tuple[str, int]]) -> str:
    """A small chart as SVG, one bar to a row, from the first row with something to the last."""
    filled = [i for i, (_, count) in enumerate(rows) if count] or [0]
    rows = rows[filled[0] : filled[-1] + 1]
    most = max([count for _, count in rows] + [1])
    lines = [f'<text x="0" y="12">{title}</text>']
    for i, (label, count) in enumerate(rows):
        y, width = 22 + 20 * i, 260 * count / most
        lines.append(f'<text x="0" y="{y + 12}">{escape(label)}</text>')
        lines.append(f'<rect x="56" y="{y}" width="{width:.0f}" height="15" rx="3"/>')
        lines.append(f'<text x="{62 + width:.0f}" y="{y + 12}">{count:,}</text>')
    height = 26 + 20 * len(rows)
    return f'<svg width="380" height="{height}" viewBox="0 0 380 {height}">{"".join(lines)}</svg>'


def times(expected: Sequence[tuple[str, str]]) -> str:
    """How long trainings on this machine would take."""
    if not expected:
        return ""
    rows = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in expected)
    return (
        "<h2>Expected training time <small>on this machine, from a few real steps</small></h2>"
        f"<table><tr><th>training</th><th>takes at most about</th></tr>{rows}</table>"
    )
