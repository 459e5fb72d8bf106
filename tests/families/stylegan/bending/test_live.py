"""Bending while it plays: what the tool's presets do, by numbers that come with each call."""

from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from taxiway import backends
from taxiway.backends import Backend
from taxiway.backends.openvino import OpenVinoBackend
from taxiway.checkpoint import read_checkpoint
from taxiway.core import slots
from taxiway.families.stylegan.bending import live
from taxiway.families.stylegan.bending.bend import change_of, parse_bends
from taxiway.families.stylegan.bending.live import LiveBend, bent
from taxiway.families.stylegan.model import StyleGAN
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.layers import bendable

LAYER = "b16.conv1"
FILE = FIXTURES / "stylegan2-ada_32.pkl"
CHECKPOINT = read_checkpoint(FILE)


@pytest.fixture(scope="module")
def model() -> StyleGAN:
    made = StyleGAN()
    made.setup("cpu", {"checkpoint": str(FILE), "precision": "float32"})
    return made


def asked(model: StyleGAN, *calls: dict[str, Any]) -> list[Any]:
    command = model.commands["generate"]
    batch = [command.decode({"seed": 1, "noise_mode": "const", **call}) for call in calls]
    return [answer["image"].astype(int) for answer in model.predict("generate", batch)]


def by_preset(model: StyleGAN, preset: str, seed: int = 1) -> Any:
    """What the tool makes of a preset."""
    graph, _ = graphs_of(CHECKPOINT, change=change_of(parse_bends(preset), CHECKPOINT))
    ws = model.renderer.ws(model.renderer.z_of_seeds([seed]), 0.8)
    [found] = OpenVinoBackend().compile(graph, "float32", 1).run({"ws": ws}).values()
    return found[0].astype(int)


@pytest.mark.parametrize(
    ("values", "preset"),
    [
        ({"bend_scale": -1.5}, "scale -1.5"),
        ({"bend_rotate": 30}, "rotate 30"),
        ({"bend_x": 0.25, "bend_y": -0.4}, "translate 0.25 -0.4"),
        ({"bend_threshold": 1}, "threshold 0"),
        ({"bend_noise": 0.5}, "noise 0.5"),
        ({"bend_ablate": 0.7}, "ablate 0.7"),
        ({"bend_ablate": 1, "bend_share": 0.3}, "30% ablate"),
    ],
    ids=str,
)
def test_a_fader_does_what_the_preset_of_its_name_does(
    model: StyleGAN, values: dict[str, float], preset: str
) -> None:
    [picture] = asked(model, {"bend_layer": LAYER, **values})
    [still] = asked(model, {})
    assert np.abs(picture - by_preset(model, f"{LAYER} {preset}")).max() <= 1
    assert np.abs(picture - still).mean() > 1


def test_at_rest_it_is_the_models_own_picture_and_nothing_is_compiled(
    model: StyleGAN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "graphs_of", None)
    [still], [rested] = (
        asked(model, {}),
        asked(model, {"bend_layer": "b4.conv1", "bend_rotate": 360, "bend_scale": 1}),
    )
    [of_nothing] = asked(model, {"bend_layer": "b4.conv1", "bend_rotate": 90, "bend_share": 0})
    assert (rested == still).all()
    assert (of_nothing == still).all()


def test_a_fader_that_moves_compiles_nothing(
    model: StyleGAN, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(model, {"bend_layer": LAYER, "bend_rotate": 5})
    monkeypatch.setattr(live, "graphs_of", None)
    pictures = [
        asked(model, {"bend_layer": LAYER, "bend_rotate": turn, "bend_noise": turn / 90})[0]
        for turn in (10, 20, 30)
    ]
    assert np.abs(pictures[0] - pictures[2]).mean() > 1


def test_calls_of_one_batch_are_each_bent_as_they_say(model: StyleGAN) -> None:
    calls = [
        {"bend_layer": LAYER, "bend_rotate": 30},
        {},
        {"bend_layer": LAYER, "bend_ablate": 1, "seed": 2},
        {"bend_layer": "b8.conv1", "bend_scale": 2},
    ]
    together = asked(model, *calls)
    for call, picture in zip(calls, together, strict=True):
        assert np.abs(asked(model, call)[0] - picture).max() <= 1


def test_of_many_layers_the_networks_of_the_last_few_are_kept(model: StyleGAN) -> None:
    layers: Any = model.commands["generate"].inputs["bend_layer"]
    for layer in layers.one_of:
        asked(model, {"bend_layer": layer, "bend_ablate": 1})
    bent_networks = model.renderer.bent
    assert bent_networks is not None
    assert list(bent_networks._networks) == list(layers.one_of[-live.LAYERS :])


@pytest.mark.parametrize("value", [0, 1e-9, -3e38, 3e38])
def test_numbers_beyond_all_bounds_give_a_picture(model: StyleGAN, value: float) -> None:
    names = ("scale", "rotate", "x", "y", "threshold", "noise", "ablate", "share")
    [picture] = asked(model, {"bend_layer": LAYER, **{f"bend_{name}": value for name in names}})
    assert picture.shape == (32, 32, 3)


@pytest.mark.parametrize("name", [n for n in slots.members("backends") if n != "torch"])
@pytest.mark.parametrize("fixture", ["stylegan2-ada_32", "stylegan3-t_32"])
def test_every_backend_bends_live_alike(name: str, fixture: str) -> None:
    backend: backends.Backend = slots.load("backends", name)("cpu")
    if missing := backend.available():
        pytest.skip(missing)
    checkpoint = read_checkpoint(FIXTURES / f"{fixture}.pkl")
    layer = bendable(checkpoint.family, checkpoint.tensors)[4]
    bend = LiveBend(
        layer=layer, scale=-0.7, rotate=50, x=0.6, threshold=0.3, noise=0.4, ablate=0.2, share=0.6
    )
    pictures = [of_backend(each, checkpoint, bend) for each in (backend, OpenVinoBackend())]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1


def of_backend(backend: Backend, checkpoint: Any, bend: LiveBend) -> Any:
    shapes: list[tuple[int, int, int]] = []
    graph, _ = graphs_of(checkpoint, change=bent(bend.layer, shapes))
    network = backend.compile(graph, "float32", 1)
    image = network.run({**graph.example, **bend.arrays(shapes[0])})["image"]
    return image.astype(int)
