"""Bending: at rest nothing is written down, in action it is what it says, on every backend."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import every
from paths import FIXTURES
from taxiway import backends
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.backends.reference import ReferenceOperations
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.checkpoint.contents import picture_size
from taxiway.core import slots
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.bending.bend import Bend, change_of, parse_bends, to_text
from taxiway.families.stylegan.bending.surgery import mixed, parse_mix, stretched
from taxiway.families.stylegan.bending.warps import WARPS, Layer, rotate
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.layers import bendable

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


@cache
def read(name: str) -> Checkpoint:
    return read_checkpoint(FIXTURES / f"{name}.pkl")


def ws_of(checkpoint: Checkpoint, count: int = 2) -> Any:
    """ws [count, num_ws, w_dim] near the average, or z and c of a network without w."""
    config, random = checkpoint.config, np.random.default_rng(0)
    if not config["num_ws"]:
        return random.standard_normal((count, 1, config["z_dim"] + config["c_dim"]), np.float32)
    away = random.standard_normal((count, 1, config["w_dim"]), np.float32)
    w = checkpoint.tensors["mapping.w_avg"] + np.float32(0.7) * away
    return w.repeat(config["num_ws"], axis=1)


def images(
    checkpoint: Checkpoint, preset: str = "", count: int = 2, backend: Any = None, **more: Any
) -> Any:
    """Pictures of a bent network, or with a `layer` its features."""
    change = change_of(parse_bends(preset), checkpoint) if preset else None
    graph, _ = graphs_of(checkpoint, change=change)
    network = (backend or OpenVinoBackend()).compile(graph, "float32", 1)
    [found] = network.run({"ws": ws_of(checkpoint, count), **more}).values()
    return found if more else found.astype(int)


def on(x: Any, *params: float, op: str) -> Any:
    """What a warp makes of x [N, C, H, W]."""
    layer = Layer(ReferenceOperations({"x": x}), *x.shape[1:])
    return WARPS[op][0](layer, x, *params)


@pytest.mark.parametrize("preset", AT_REST)
def test_at_rest_nothing_is_changed(preset: str) -> None:
    checkpoint = read("stylegan2-ada_32")
    change = change_of(parse_bends(preset), checkpoint)
    x = np.ones((1, 32, 16, 16), np.float32)
    assert change(ReferenceOperations({"x": x}), "b16.conv1", x, x.shape[1:]) is x


@pytest.mark.parametrize("name", [n for n in slots.members("backends") if n != "torch"])
@pytest.mark.parametrize("fixture", every(2, ["stylegan2-ada_32", "stylegan3-t_32"]))
def test_every_backend_bends_alike(name: str, fixture: str) -> None:
    backend: backends.Backend = slots.load("backends", name)("cpu")
    if missing := backend.available():
        pytest.skip(missing)
    layer = "b16" if fixture.startswith("stylegan2") else "L5"
    ops = "scale 1.5 0.7; rotate 30; erode 1; dilate 2; invert 0.3; noise 0.5 7; sobel 0.4"
    preset = "; ".join(f"{layer} {op.strip()}" for op in ops.split(";"))
    preset += f"; {layer} 0-3 threshold 0.2 2"
    wanted = images(read(fixture), preset, 1)
    assert np.abs(images(read(fixture), preset, 1, backend) - wanted).max() <= 1
    assert np.abs(images(read(fixture), "", 1) - wanted).mean() > 1


@pytest.mark.parametrize("fixture", ["stylegan1_256-fused", "projected-gan_fastgan-lite_128"])
def test_other_families_are_bent_too(fixture: str) -> None:
    checkpoint = read(fixture)
    last = bendable(checkpoint.family, checkpoint.tensors)[-1]
    still = images(checkpoint, "", 1)
    assert np.abs(images(checkpoint, f"{last} ablate", 1) - still).mean() > 0.1
    assert np.abs(images(checkpoint, "b16 rotate 90", 1) - still).mean() > 0.1


def test_silencing_the_last_block_gives_one_colour_of_it() -> None:
    g = read("stylegan2-ada_32_resnet")
    picture = images(g, "b32.conv1 ablate; b32.conv0 ablate")
    assert (images(g, "b32.conv1 multiply 0; b32.conv0 ablate") == picture).all()
    g = read("stylegan3-t_32")
    last = bendable(g.family, g.tensors)[-1]
    picture = images(g, f"{last} ablate")
    assert (picture == picture[:, :1, :1]).all()


@pytest.mark.slow
def test_translating_there_and_back_keeps_the_inside() -> None:
    g = read("stylegan2-ada_32")
    there = images(g, "b16 translate 0.25 0.125; b16 translate -0.25 -0.125")
    assert np.abs(there - images(g))[:, 12:-12, 12:-12].max() <= 1
    assert np.abs(images(g, "b16 translate 0.25 0") - images(g)).max() > 10


@pytest.mark.slow
def test_a_last_layer_moved_moves_the_features_by_as_much() -> None:
    g = read("stylegan3-t_32")
    last = bendable(g.family, g.tensors)[-1]
    moved, still = images(g, f"{last} translate 0.25 0"), images(g)
    assert np.abs(moved[:, :, 8:] - still[:, :, :-8]).max() <= 1


def test_turning_is_clockwise_and_four_quarters_are_a_whole() -> None:
    x = np.zeros((1, 1, 9, 9), np.float32)
    x[0, 0, 0, 4] = 1  # on top
    layer = Layer(ReferenceOperations({"x": x}), 1, 9, 9)
    turned = rotate(layer, x, 90)
    assert turned[0, 0].argmax() == 4 * 9 + 8  # at the right
    for _ in range(3):
        turned = rotate(layer, turned, 90)
    np.testing.assert_allclose(turned, x, atol=1e-5)


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
    x = np.array([[[[0.0, 1.0], [0.5, -2.0]]]], np.float32)
    np.testing.assert_allclose(on(x, *params, op=op), [[wanted]], atol=1e-6)


def test_outlines_are_where_values_change() -> None:
    x = np.zeros((1, 2, 8, 8), np.float32)
    x[:, :, :, 4:] = 1
    found = on(x, op="sobel")
    assert found[0, 0].sum(axis=0).nonzero()[0].tolist() == [3, 4]


def test_grain_is_the_same_for_a_seed_and_another_for_another() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 8), np.float32)
    grain = [on(x, 0.5, seed, op="noise") for seed in (1, 1, 2)]
    assert np.array_equal(grain[0], grain[1])
    assert not np.array_equal(grain[0], grain[2])


def test_only_the_chosen_channels_are_bent() -> None:
    seen = images(read("stylegan2-ada_32"), "b16 1,3-4 ablate", 1, layer="b16.conv1")
    silent = [i for i in range(seen.shape[1]) if not seen[0, i].any()]
    assert silent == [1, 3, 4]


def test_a_share_is_drawn_by_its_seed() -> None:
    g = read("stylegan2-ada_32")
    pictures = [images(g, f"b16 50%@{seed} ablate", 1) for seed in (1, 1, 2)]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


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
@pytest.mark.parametrize("name", every(2, FAMILIES))
def test_stretched_pictures_have_their_size(name: str, across: float, down: float) -> None:
    g = read(name)
    wide = stretched(g, across, down)
    picture = images(wide)
    assert picture.shape[1:3] == picture_size(wide.config) == (32 * down, 32 * across)
    assert stretched(g) is g
    assert picture_size(g.config) == (32, 32)


def test_a_stylegan3_shows_more_of_the_same_plane() -> None:
    g = read("stylegan3-t_32")
    wide, still = images(stretched(g, across=2.0)), images(g)
    off = np.abs(wide[:, :, 16:48] - still)
    assert off.mean() < 0.5
    assert off.max() <= 5


@pytest.mark.parametrize("factor", [0.5, 5.0, float("nan")])
def test_other_shapes_are_refused(factor: float) -> None:
    with pytest.raises(InvalidArgument, match="'across' takes 1 to 4"):
        stretched(read("stylegan2-ada_32"), across=factor)


def other_of(g: Checkpoint) -> Checkpoint:
    """A generator of the same shapes and other weights."""
    random = np.random.default_rng(1)
    tensors = {
        name: array if "filter" in name else 0.5 * random.standard_normal(array.shape, np.float32)
        for name, array in g.tensors.items()
    }
    return Checkpoint(g.family, g.config, tensors, {})


def test_mixed_all_or_nothing_is_one_of_the_two() -> None:
    a = read("stylegan2-ada_32")
    b = other_of(a)
    for share, parent in ((0.0, a), (1.0, b)):
        found = mixed(a, b, {"all": share})
        assert all(np.array_equal(found.tensors[n], value) for n, value in parent.tensors.items())
    between = images(mixed(a, b, {"all": 0.5}))
    assert not np.array_equal(between, images(a))


def test_layers_are_mixed_by_the_longest_name_that_fits() -> None:
    a = read("stylegan2-ada_32")
    b = other_of(a)
    found = mixed(a, b, parse_mix("b16 1, b16.conv0 0.5")).tensors
    name = "synthesis.{}.weight"
    assert np.array_equal(found[name.format("b16.conv1")], b.tensors[name.format("b16.conv1")])
    assert np.array_equal(found[name.format("b8.conv1")], a.tensors[name.format("b8.conv1")])
    half = (a.tensors[name.format("b16.conv0")] + b.tensors[name.format("b16.conv0")]) / 2
    np.testing.assert_allclose(found[name.format("b16.conv0")], half, atol=1e-6)


def test_what_cannot_be_mixed_is_told() -> None:
    a = read("stylegan2-ada_32")
    with pytest.raises(InvalidArgument, match="names the layer 'b64', which is none"):
        mixed(a, a, {"b64": 1.0})
    with pytest.raises(InvalidArgument, match="these differ"):
        mixed(a, read("stylegan3-t_32"), {"all": 1.0})
    for text in ("b16", "b16 2", "b16 -1", "1 b16", "b16 0.5 0.5"):
        with pytest.raises(InvalidArgument, match="'mix' takes layers with shares"):
            parse_mix(text)
