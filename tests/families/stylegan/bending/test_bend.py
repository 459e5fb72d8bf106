"""Bending: at rest bit-exact, in action what it says, and nothing left hanging afterwards."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.bending.bend import Bend, bendable, hang, parse_bends, to_text
from taxiway.families.stylegan.bending.surgery import mixed, parse_mix, stretched
from taxiway.families.stylegan.bending.warps import WARPS, rotate
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.projection.sampling import sample_w

FAMILIES = ["stylegan2-ada_32", "stylegan2-ada_32_resnet", "stylegan3-t_32", "stylegan3-r_32"]
AT_REST = [
    "all scale 1",
    "all rotate 0; all rotate 360",
    "all translate 0 0",
    "all erode 0; all dilate 0",
    "all invert 0; all ablate 0; all sobel 0",
    "all multiply 1",
    "all noise 0 5",
    "all 50%@3 multiply 1",
]


def read(name: str) -> Generator:
    return build_generator(read_checkpoint(FIXTURES / f"{name}.pkl"))


def images(g: Generator, preset: str = "", count: int = 2) -> torch.Tensor:
    ws = sample_w(g, count)[:, None].expand(-1, g.num_ws, -1)
    return hang(copy.deepcopy(g), parse_bends(preset) if preset else []).synthesis(ws)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("preset", AT_REST)
def test_at_rest_not_a_bit_changes(name: str, preset: str) -> None:
    g = read(name)
    assert torch.equal(images(g, preset), images(g))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_network_that_was_copied_stays_as_it_was(name: str) -> None:
    g = read(name)
    before, weights = images(g), {key: value.clone() for key, value in g.state_dict().items()}
    assert not torch.equal(images(g, "all 0-3 invert; all multiply 1.5"), before)
    with pytest.raises(InvalidArgument):
        images(g, "all invert; b99 invert")
    assert torch.equal(images(g), before)
    assert all(torch.equal(value, weights[key]) for key, value in g.state_dict().items())
    assert not any(module._forward_hooks for module in g.modules())


def test_silencing_the_last_block_gives_one_colour_of_it() -> None:
    g = read("stylegan2-ada_32_resnet")
    picture = images(g, "b32.conv1 ablate; b32.conv0 ablate")
    assert torch.equal(images(g, "b32.conv1 multiply 0; b32.conv0 ablate"), picture)
    g = read("stylegan3-t_32")
    last = list(bendable(g))[-1]
    picture = images(g, f"{last} ablate")
    assert (picture - picture[:, :, :1, :1]).abs().max() == 0


def test_translating_there_and_back_keeps_the_inside() -> None:
    g = read("stylegan2-ada_32")
    there = images(g, "b16 translate 0.25 0.125; b16 translate -0.25 -0.125")
    inside = (there - images(g))[:, :, 12:-12, 12:-12]
    assert inside.abs().max() < 1e-4
    assert (images(g, "b16 translate 0.25 0") - images(g)).abs().max() > 0.1


def test_a_last_layer_moved_moves_the_features_by_as_much() -> None:
    g = read("stylegan3-t_32")
    last = list(bendable(g))[-1]
    moved, still = images(g, f"{last} translate 0.25 0"), images(g)
    torch.testing.assert_close(moved[..., 8:], still[..., :-8], atol=1e-4, rtol=0)


def test_turning_is_clockwise_and_four_quarters_are_a_whole() -> None:
    x = torch.zeros(1, 1, 9, 9)
    x[0, 0, 0, 4] = 1  # on top
    turned = rotate(x, 90)
    assert turned[0, 0].argmax() == 4 * 9 + 8  # at the right
    whole = rotate(rotate(rotate(turned, 90), 90), 90)
    torch.testing.assert_close(whole, x, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("op", "params", "wanted"),
    [
        ("invert", (), [[1.0, 0.0], [0.5, 3.0]]),
        ("threshold", (0.4,), [[0.0, 1.0], [1.0, 0.0]]),
        ("threshold", (0.4, 5.0), [[0.0, 5.0], [5.0, 0.0]]),
        ("ablate", (0.5,), [[0.0, 0.5], [0.25, -1.0]]),
        ("multiply", (-2,), [[0.0, -2.0], [-1.0, 4.0]]),
        ("dilate", (1,), [[1.0, 1.0], [1.0, 1.0]]),
        ("erode", (1,), [[-2.0, -2.0], [-2.0, -2.0]]),
        ("dilate", (1e5,), [[1.0, 1.0], [1.0, 1.0]]),
        ("scale", (-1, 1), [[1.0, 0.0], [-2.0, 0.5]]),
    ],
)
@pytest.mark.smoke
def test_each_does_what_it_says(op: str, params: tuple[float, ...], wanted: list) -> None:
    x = torch.tensor([[[[0.0, 1.0], [0.5, -2.0]]]])
    torch.testing.assert_close(WARPS[op][0](x, *params), torch.tensor([[wanted]]))


def test_outlines_are_where_values_change() -> None:
    x = torch.zeros(1, 2, 8, 8)
    x[:, :, :, 4:] = 1
    found = WARPS["sobel"][0](x)
    assert found[0, 0].sum(dim=0).nonzero().flatten().tolist() == [3, 4]


def test_grain_is_the_same_for_a_seed_and_another_for_another() -> None:
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    grain = [WARPS["noise"][0](x, 0.5, seed) for seed in (1, 1, 2)]
    assert torch.equal(grain[0], grain[1])
    assert not torch.equal(grain[0], grain[2])


def test_only_the_chosen_channels_are_bent() -> None:
    g, seen = read("stylegan2-ada_32"), []
    layer = dict(bendable(g))["b16.conv1"]
    hang(g, parse_bends("b16 1,3-4 ablate"))
    layer.register_forward_hook(lambda _, given, x: seen.append(x))
    g.synthesis(sample_w(g, 1)[:, None].expand(-1, g.num_ws, -1))
    silent = [i for i in range(seen[0].shape[1]) if not seen[0][0, i].any()]
    assert silent == [1, 3, 4]


def test_a_share_is_drawn_by_its_seed() -> None:
    g = read("stylegan2-ada_32")
    pictures = [images(g, f"b16 50%@{seed} ablate", 1) for seed in (1, 1, 2)]
    assert torch.equal(pictures[0], pictures[1])
    assert not torch.equal(pictures[0], pictures[2])


def test_presets_are_text_or_json_with_remarks() -> None:
    text = "layer b16 rotate 30 # a turn\n\nb32.conv0 0-15,20 erode 2; b64 30%@7 multiply 2"
    bends = parse_bends(text)
    assert [bend.layer for bend in bends] == ["b16", "b32.conv0", "b64"]
    assert bends[2] == Bend(layer="b64", op="multiply", params=(2,), channels="30%", seed=7)
    assert parse_bends(to_text(bends)) == bends
    as_json = '[{"layer": "b16", "op": "rotate", "params": [30]}]'
    assert parse_bends(as_json) == bends[:1]


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        ("", "1 to 64 bends, got 0"),
        ("b16", "got '' in 'b16'"),
        ("b16 melt 3", "Channels are|A bend is scale, rotate"),
        ("b16 rotate", "'rotate' takes 1 numbers"),
        ("b16 rotate x", "'rotate' takes 1 numbers"),
        ("b16 rotate nan", "'rotate' takes 1 numbers"),
        ("b16 rotate 1e9", "'rotate' takes 1 numbers"),
        ("b16 scale 1 2 3", "'scale' takes 1 to 2 numbers"),
        ("b16 1..2 invert", "Channels are all"),
        ("b16 30%@x invert", "drawn with a seed"),
        ("[{", "The preset cannot be read"),
        ('[{"layer": "b16", "op": "melt"}]', "A bend is"),
        ("b16 invert\n" * 65, "got 65"),
    ],
)
def test_what_is_no_preset_is_told(preset: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        parse_bends(preset)


@given(st.text(alphabet='b16L.conv0 -%@,;#\n3xrotate[]{}":', max_size=60))
def test_any_text_is_a_preset_or_told(text: str) -> None:
    try:
        bends = parse_bends(text)
    except InvalidArgument:
        return
    assert parse_bends(to_text(bends)) == bends


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        ("b99 invert", "There is no layer 'b99'; there are b4.conv1, b8.conv0"),
        ("b16 99-120 invert", "has channels 0 to 31, got 99-120"),
    ],
)
def test_what_a_network_does_not_have_is_told(preset: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        images(read("stylegan2-ada_32"), preset)


@pytest.mark.parametrize(("across", "down"), [(1.5, 1.0), (1.0, 2.0), (2.0, 1.25)])
@pytest.mark.parametrize("name", FAMILIES)
def test_stretched_pictures_have_their_size(name: str, across: float, down: float) -> None:
    g = read(name)
    wide = stretched(g, across, down)
    picture = images(wide)
    assert picture.shape[2:] == wide.resolution == (32 * down, 32 * across)
    assert tuple(wide.config["img_resolution"]) == wide.resolution
    assert torch.equal(images(stretched(g)), images(g))
    assert g.resolution == (32, 32)


def test_a_stylegan3_shows_more_of_the_same_plane() -> None:
    g = read("stylegan3-t_32")
    wide, still = images(stretched(g, across=2.0)), images(g)
    torch.testing.assert_close(wide[..., 16:48], still, atol=0.02, rtol=0)


@pytest.mark.parametrize("factor", [0.5, 5.0, float("nan")])
def test_other_shapes_are_refused(factor: float) -> None:
    with pytest.raises(InvalidArgument, match="'across' takes 1 to 4"):
        stretched(read("stylegan2-ada_32"), across=factor)


def other_of(g: Generator) -> Generator:
    """A generator of the same shapes and other weights."""
    torch.manual_seed(1)
    other = mixed(g, g, {})
    for parameter in other.parameters():
        parameter.data = torch.randn_like(parameter) * 0.5
    return other


@pytest.mark.parametrize("name", ["stylegan2-ada_32", "stylegan3-t_32"])
def test_mixed_all_or_nothing_is_one_of_the_two(name: str) -> None:
    a = read(name)
    b = other_of(a)
    for share, parent in ((0.0, a), (1.0, b)):
        assert torch.equal(images(mixed(a, b, {"all": share})), images(parent))
    between = images(mixed(a, b, {"all": 0.5}))
    assert not torch.equal(between, images(a))
    assert between.isfinite().all()


def test_layers_are_mixed_by_the_longest_name_that_fits() -> None:
    a = read("stylegan2-ada_32")
    b = other_of(a)
    state = mixed(a, b, parse_mix("b16 1, b16.conv0 0.5")).state_dict()
    ours, theirs = a.state_dict(), b.state_dict()
    name = "synthesis.{}.weight"
    assert torch.equal(state[name.format("b16.conv1")], theirs[name.format("b16.conv1")])
    assert torch.equal(state[name.format("b8.conv1")], ours[name.format("b8.conv1")])
    half = (ours[name.format("b16.conv0")] + theirs[name.format("b16.conv0")]) / 2
    torch.testing.assert_close(state[name.format("b16.conv0")], half)


def test_what_cannot_be_mixed_is_told() -> None:
    a = read("stylegan2-ada_32")
    with pytest.raises(InvalidArgument, match="names the layer 'b64', which is none"):
        mixed(a, a, {"b64": 1.0})
    with pytest.raises(InvalidArgument, match="these differ"):
        mixed(a, read("stylegan3-t_32"), {"all": 1.0})
    for text in ("b16", "b16 2", "b16 -1", "1 b16", "b16 0.5 0.5"):
        with pytest.raises(InvalidArgument, match="'mix' takes layers with shares"):
            parse_mix(text)


def test_many_bends_in_a_row_leave_nothing_behind() -> None:
    g = read("stylegan2-ada_32")
    first = images(g, "all rotate 10", 1)
    for _ in range(5):
        images(g, "all rotate 10", 1)
    np.testing.assert_array_equal(images(g, "all rotate 10", 1), first)
    assert sum(len(module._forward_hooks) for module in g.modules()) == 0
