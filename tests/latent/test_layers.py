"""Layers by name and by number."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.latent.layers import group, parse_layers


def test_the_groups_of_a_1024_px_model_are_the_papers() -> None:
    assert [group(name, 18) for name in ("coarse", "middle", "fine")] == [
        range(4),
        range(4, 8),
        range(8, 18),
    ]


@pytest.mark.parametrize("num_ws", [3, 8, 10, 12, 14, 16, 18])
def test_the_groups_share_out_all_layers(num_ws: int) -> None:
    parts = [group(name, num_ws) for name in ("coarse", "middle", "fine")]
    assert [layer for part in parts for layer in part] == list(range(num_ws))
    assert all(len(part) for part in parts)


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("all", list(range(10))),
        ("none", []),
        ("0-2,7", [0, 1, 2, 7]),
        (" 5 , 4 - 6", [4, 5, 6]),
        ("coarse,9", [0, 1, 9]),
    ],
)
def test_names_numbers_and_ranges_are_read(text: str, layers: list[int]) -> None:
    assert parse_layers(text, 10) == layers


@pytest.mark.parametrize("text", ["", "10", "3-1", "-1", "0-", "rough", "1,,2"])
def test_what_is_no_layer_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidArgument, match="'styles' takes all, none") as caught:
        parse_layers(text, 10, "styles")
    assert caught.value.name == "styles"


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert set(parse_layers(text, 10)) <= set(range(10))
