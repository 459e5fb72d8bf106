"""A walk through one model: spaces, speed, moving truncation, and what does not go together."""

from typing import Any

import numpy as np
import pytest

from players import small_renderer
from taxiway.core.command import Command
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.route import KINDS, Route, walk_inputs

COMMAND = Command(name="walk", inputs=walk_inputs(), outputs={})


def route(player: Any = None, **inputs: Any) -> Route:
    return Route(player or small_renderer(), COMMAND.decode({"keys": "1,5", **inputs}))


def ws(found: Route, u: Any) -> np.ndarray[Any, Any]:
    return small_renderer().rows(found.latents(np.asarray(u, np.float64)), found.options)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_closes_and_keeps_its_speed_in_w(kind: str) -> None:
    found = route(kind=kind, radius=0.1, keys="1,5", truncation=0.7)
    assert found.closed
    # float32 ends what the walk computes in float64.
    np.testing.assert_allclose(ws(found, [1 - 1e-9]), ws(found, [0.0]), atol=1e-5)
    rows = ws(found, np.arange(601) / 600)[:, 0]
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
    steady = np.sort(steps)[2 if kind in ("slerp", "linear") else 0 :]
    assert steady.std() / steady.mean() < 5e-3


@pytest.mark.parametrize("kind", ["spline", "linear", "slerp"])
def test_the_keys_are_the_pictures_of_their_seeds(kind: str) -> None:
    player = small_renderer()
    found = route(kind=kind, keys="1,5,7", pace="even", truncation=0.6)
    expected = player.ws(player.z_of_seeds([1, 5, 7]), truncation=0.6)
    np.testing.assert_allclose(ws(found, [0, 1 / 3, 2 / 3]), expected, atol=1e-4)


def test_an_open_walk_ends_at_its_last_key() -> None:
    player = small_renderer()
    found = route(keys="1,5,7", loop=False)
    assert not found.closed
    expected = player.ws(player.z_of_seeds([1, 7]), truncation=0.8)
    np.testing.assert_allclose(ws(found, [0, 1]), expected, atol=1e-4)


def test_files_are_keys_as_they_are_beside_seeds() -> None:
    player = small_renderer()
    row = player.ws(player.z_of_seeds([9]), truncation=0.2)[0]
    found = route(keys=[1, {"w": row.tolist()}], pace="even", truncation=0.5)
    np.testing.assert_allclose(ws(found, [0.5])[0], row, atol=1e-5)


def test_truncation_swings_and_comes_back() -> None:
    player = small_renderer()
    found = route(keys="3", truncation=0.2, truncation_to=1.0)
    w = player.w(player.z_of_seeds([3]))
    low, high, again = ws(found, [0, 0.5, 1])
    np.testing.assert_allclose(low, player.truncated(w, 0.2)[0], atol=1e-5)
    np.testing.assert_allclose(high, player.truncated(w, 1.0)[0], atol=1e-5)
    np.testing.assert_allclose(again, low, atol=1e-6)
    in_z = route(kind="circle", truncation=0.2, truncation_to=1.0)
    assert [round(latent.truncation or 0, 6) for latent in in_z.latents(np.array([0, 0.5]))] == [
        0.2,
        1.0,
    ]
    w = player.w(player.z_of_seeds([1]))
    np.testing.assert_allclose(ws(in_z, [0])[0], player.truncated(w, 0.2)[0], atol=1e-4)
    opposite = player.w(-player.z_of_seeds([1]))
    np.testing.assert_allclose(ws(in_z, [0.5])[0], player.truncated(opposite, 1)[0], atol=0.05)


def test_keys_come_at_their_times() -> None:
    player = small_renderer()
    found = route(keys="1,5,7", times="0,1,2,10")
    expected = player.ws(player.z_of_seeds([1, 5, 7]), truncation=0.8)
    np.testing.assert_allclose(ws(found, [0, 0.1, 0.2]), expected, atol=1e-4)


def test_pictures_can_change_at_constant_speed() -> None:
    def unevenness(pace: str) -> float:
        found = route(keys="1,5,7", pace=pace, truncation=1.0)
        seen = found._seen(np.arange(61) / 60)
        steps = np.linalg.norm(np.diff(seen, axis=0), axis=1)
        return float(steps.std() / steps.mean())

    assert unevenness("seen") < 0.1
    assert unevenness("seen") < 0.3 * unevenness("constant")


def test_the_painter_walks_in_z() -> None:
    found = route(PainterRenderer(64), keys="1,5,7", kind="spline")
    latents = found.latents(np.array([0, 0.3]))
    assert [latent.space for latent in latents] == ["z", "z"]
    assert len(list(PainterRenderer(64).pictures(latents, RenderOptions()))) == 2


def test_a_w_is_kept_short_where_all_layers_share_it() -> None:
    assert route().latents(np.array([0.2]))[0].space == "w"
    assert route(truncation=0.5, cutoff=2).latents(np.array([0.2]))[0].space == "w+"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"keys": None}, "'keys' takes seeds"),
        ({"keys": "1", "loop": False}, "two keys or more"),
        ({"kind": "circle", "keys": "1"}, "A circle takes two keys, got 1"),
        ({"kind": "circle", "keys": [1, {"w": [0.0] * 64}]}, "circle walk goes through z"),
        ({"times": "0,1"}, "'times' takes 3 for these keys"),
        ({"times": "0,2,1"}, "begin at 0 and grow"),
        ({"times": "a"}, "'times' takes seconds"),
        ({"times": "0,1.2.3"}, "'times' takes seconds"),
        ({"kind": "zigzag"}, "'kind' takes one of"),
    ],
)
def test_what_does_not_go_together_is_said(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        route(**inputs)


CENTRES = {"stylegan2-ada_32_labels5_mapping8": "class", "stylegan-xl_32-stem_labels10": None}


def test_a_swinging_truncation_keeps_the_classes_and_their_centres() -> None:
    """Keys in w are drawn of the classes that are mixed, and pulled to where they are pulled to."""
    for name, centre in CENTRES.items():
        player = small_renderer(name)
        given = {"keys": "1,2", "classes": "0:1,3:1", "centre": centre, "kind": "linear"}
        swinging = route(player, **given, truncation=0.5, truncation_to=0.5)
        still = route(player, **given, truncation=0.5)
        for place in (np.zeros(1), np.full(1, 0.3)):
            ours, wanted = (each.latents(place)[0].numbers for each in (swinging, still))
            np.testing.assert_allclose(np.broadcast_to(ours, wanted.shape), wanted, atol=1e-5)
