"""The curves of a training as one SVG picture."""

import math
from collections.abc import Sequence
from html import escape

from taxiway.training.metrics_log import Record, figures_of
from taxiway.training.trainer import Panel

WIDTH, HEIGHT = 640, 170
LEFT, TOP, RIGHT, BOTTOM = 48, 30, 12, 24
COLOURS = ("#3f6fd8", "#d9822b", "#2f9e6e")
LEAST = 0.001
"""What is less counts as this much on a scale of factors: distances below are chance."""
_POINTS = 400

Points = list[tuple[float, float]]


def curves(records: Sequence[Record], panels: Sequence[Panel] = ()) -> str:
    """All panels for which there are figures, one below the other; without any, one for each."""
    drawn: list[str] = []
    panels = panels or [Panel(name, ((name, ""),)) for name in figures_of(records)]
    kimg = max((float(record["kimg"]) for record in records), default=0.0)
    for title, lines, is_log in panels:
        found = [(label, points_of(records, key)) for key, label in lines]
        found = [(label, points) for label, points in found if len(points) > 1]
        if found:
            drawn.append(panel(title, found, kimg, HEIGHT * len(drawn), is_log))
    height = max(1, HEIGHT * len(drawn))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}</svg>'
    )


def points_of(records: Sequence[Record], key: str) -> Points:
    """(kimg, value) of one figure; neighbours are averaged where there are too many."""
    found = [
        (float(record["kimg"]), float(record[key]))
        for record in records
        if isinstance(record.get(key), int | float) and math.isfinite(record[key])
    ]
    every = math.ceil(len(found) / _POINTS) or 1
    groups = [found[i : i + every] for i in range(0, len(found), every)]
    return [(sum(x) / len(x), sum(y) / len(y)) for x, y in (zip(*g, strict=True) for g in groups)]


def panel(
    title: str, lines: list[tuple[str, Points]], kimg: float, top: float, is_log: bool
) -> str:
    """One diagram of several lines from 0 to `kimg`, `top` pixels down."""
    ys = [y for _, points in lines for _, y in points]
    ticks = factors(min(ys), max(ys)) if is_log else steps(min(*ys, 0), max(ys))
    low, high = scaled(ticks[0], is_log), scaled(ticks[-1], is_log)
    bottom, inner = top + HEIGHT - BOTTOM, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        share = x / max(kimg, 1e-6)
        up = (scaled(y, is_log) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT), bottom - up * inner

    made = [text(LEFT, top + 18, title, weight="bold", fill="#222")]
    for tick in ticks:
        y = place(0, tick)[1]
        made.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        made.append(text(LEFT - 6, y + 4, f"{tick:g}", anchor="end"))
    made.append(text(LEFT, bottom + 16, "0"))
    made.append(text(WIDTH - RIGHT, bottom + 16, f"{kimg:.4g} kimg", anchor="end"))
    right = float(WIDTH - RIGHT)
    for (label, points), colour in zip(lines, COLOURS, strict=False):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        made.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        made.append(text(right, top + 18, label, anchor="end", fill=colour))
        right -= 7 * len(label) + 16
    return "".join(made)


def text(
    x: float,
    y: float,
    words: str,
    anchor: str = "start",
    fill: str = "#777",
    weight: str = "normal",
) -> str:
    """A few words at a place."""
    style = f'text-anchor="{anchor}" fill="{fill}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def steps(low: float, high: float) -> list[float]:
    """Three to six round numbers from at or below `low` to at or above `high`."""
    rough = max(high - low, 1e-6) / 4
    unit = 10.0 ** math.floor(math.log10(rough))
    width = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first, last = math.floor(low / width), math.ceil(high / width)
    return [round(width * i, 10) for i in range(first, max(last, first + 1) + 1)]


def scaled(value: float, is_log: bool) -> float:
    """A value as a height: itself, or the power of ten that it is."""
    return math.log10(max(value, LEAST)) if is_log else value


def factors(low: float, high: float) -> list[float]:
    """Powers of ten from at or below `low` to at or above `high`, none below LEAST."""
    first = math.floor(math.log10(max(low, LEAST)) + 1e-9)
    last = max(first + 1, math.ceil(math.log10(max(high, LEAST)) - 1e-9))
    return [10.0**power for power in range(first, last + 1)]
