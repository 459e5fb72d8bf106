import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.families.stylegan.training.trainer import StyleGANTrainer
from taxiway.training.metrics_log import MetricsLog, read
from taxiway.training.plot import LEAST, curves, factors, points_of, steps
from taxiway.training.trainer import Panel


def test_records_are_kept_and_read(tmp_path) -> None:
    records = MetricsLog(tmp_path / "stats.jsonl", 0.0)
    records.add({"kimg": 1.0, "d": 1.23456789})
    records.add({"kimg": 2.0, "warnings": ["Oh."]})
    assert read(tmp_path / "stats.jsonl") == [
        {"kimg": 1.0, "d": 1.23457}, {"kimg": 2.0, "warnings": ["Oh."]},
    ]  # fmt: skip


def test_what_was_not_saved_is_dropped_before_going_on(tmp_path) -> None:
    path = tmp_path / "stats.jsonl"
    records = MetricsLog(path, 0.0)
    for kimg in (1.0, 2.0, 3.0):
        records.add({"kimg": kimg})
    with path.open("a") as file:
        file.write('{"kimg": 4.0, "d"')
    assert [record["kimg"] for record in read(path)] == [1.0, 2.0, 3.0]
    again = MetricsLog(path, 2.0)
    again.add({"kimg": 2.5})
    assert [record["kimg"] for record in read(path)] == [1.0, 2.0, 2.5]


def test_lines_that_are_no_records_are_passed_over(tmp_path) -> None:
    path, records = tmp_path / "stats.jsonl", [{"kimg": 1.0, "kid": 0.1}, {"kimg": 2, "size": 32}]
    wrong = ['{"kimg": 1.0, "kid": "x"}', '{"kimg": null}', '{"kid": 0.1}', "[1]", "3"]
    path.write_text("\n".join([*wrong, *map(json.dumps, records)]))
    assert read(path) == records


def test_the_curves_show_every_figure_there_is() -> None:
    records = [{"kimg": k / 10, "d": 1.0, "g": 2.0, "sign": 0.5, "p": 0.1} for k in range(900)]
    records += [{"kimg": 10.0, "kid": 0.4, "variety": 0.5}, {"kimg": 20.0, "kid": 0.2}]
    svg = curves(records, StyleGANTrainer.panels)
    tree = ET.fromstring(svg)
    assert len(tree.findall("{http://www.w3.org/2000/svg}polyline")) == 5
    assert "KID, lower is better" in svg
    assert "nan" not in svg
    assert len(svg) < 60_000


def test_without_panels_every_figure_has_its_own() -> None:
    records = [{"kimg": k / 10, "size": 1, "loss": 1.0, "error": 0.5} for k in range(9)]
    tree = ET.fromstring(curves(records))
    assert len(tree.findall("{http://www.w3.org/2000/svg}polyline")) == 2


def test_nothing_to_show_is_a_picture_too() -> None:
    ET.fromstring(curves([]))
    ET.fromstring(curves([{"kimg": 0.0, "d": float("nan")}]))


def test_many_points_are_averaged() -> None:
    points = points_of([{"kimg": k, "d": k % 2} for k in range(4000)], "d")
    assert len(points) == 400
    assert {y for _, y in points} == {0.5}


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_the_scale_holds_every_value(low, range_) -> None:
    ticks = steps(low, low + range_)
    assert ticks[0] <= low + 1e-6 * abs(low) + 1e-9
    assert ticks[-1] >= low + range_ - 1e-6 * abs(low + range_) - 1e-9
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(set(ticks))


def test_factors_are_powers_of_ten_around_what_is_shown() -> None:
    assert factors(0.02, 2.1) == pytest.approx([0.01, 0.1, 1, 10])
    assert factors(0.1, 0.1) == pytest.approx([0.1, 1])
    assert factors(-0.0003, 0) == pytest.approx([LEAST, 0.01])


def test_a_distance_that_falls_by_half_each_time_is_a_straight_line() -> None:
    records = [{"kimg": float(i), "size": 32, "kid": 2.0 * 0.5**i} for i in range(5)]
    (points,) = re.findall(
        r'<polyline points="([^"]*)"', curves(records, [Panel("distance", (("kid", "KID"),), True)])
    )
    heights = np.array([float(point.split(",")[1]) for point in points.split()])
    assert np.diff(heights) == pytest.approx([np.diff(heights)[0]] * 4, abs=0.11)
    assert (np.diff(heights) > 1).all()


def test_steps_are_round() -> None:
    assert steps(0, 3.7) == [0, 1, 2, 3, 4]
    assert steps(0, 0.04) == pytest.approx([0, 0.01, 0.02, 0.03, 0.04])
