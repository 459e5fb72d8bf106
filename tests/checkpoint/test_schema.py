import copy
from collections.abc import Callable
from typing import Any

import pytest

from paths import FIXTURES
from snapshots import small_stylegan2
from taxiway.checkpoint import read_checkpoint
from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.schema import check

Config = dict[str, Any]
STYLEGAN3 = read_checkpoint(FIXTURES / "stylegan3-t_32.pkl").config


def set_layer(index: int, **changes: Any) -> Callable[[Config], None]:
    return lambda config: config["layers"][index].update(changes)


def set_layer2(name: str, **changes: Any) -> Callable[[Config], None]:
    return lambda config: config["layers"][name].update(changes)


def set_top(**changes: Any) -> Callable[[Config], None]:
    return lambda config: config.update(changes)


LIES3: list[tuple[Callable[[Config], None], str]] = [
    (set_top(num_ws=15), "has 15 w for 15 layers"),
    (set_top(img_resolution=[32, 31]), "another picture than it announces"),
    (set_top(img_channels=4), "another picture than it announces"),
    (set_top(output_scale=0), "output_scale"),
    (set_top(layers=[]), "layers"),
    (set_layer(3, in_channels=17), "'L3_36_16' that does not fit"),
    (set_layer(3, out_channels=17), "'L4_36_16' that does not fit"),
    (set_layer(3, padding=[9, 8, 9, 10]), "'L3_36_16' that does not fit"),
    (set_layer(3, up_factor=4), "'L3_36_16' that does not fit"),
    (set_layer(3, up_factor=1 << 20), "up_factor"),
    (set_layer(3, filter_size=7), "'L3_36_16' that does not fit"),
    (set_layer(3, out_size=[36, 37]), "'L3_36_16' that does not fit"),
    (set_layer(3, name="L3.weight"), "name"),
    (set_layer(3, conv_clamp=float("nan")), "conv_clamp"),
    (set_layer(3, in_cutoff=float("inf")), "in_cutoff"),
]

LIES2: list[tuple[Callable[[Config], None], str]] = [
    (set_top(num_ws=8), "has 8 w for 3 blocks"),
    (set_top(architecture="orig"), "other layers than a StyleGAN2 'orig'"),
    (set_top(architecture="dense"), "architecture"),
    (set_top(z_dim=True), "z_dim"),
    (set_top(z_dim=10**30), "z_dim"),
    (set_top(img_resolution=[16]), "img_resolution"),
    (set_top(c_dim=3, classes=["a", "b"]), "has names of 2 classes for its 3"),
    (set_top(c_dim=1, classes=[""]), "classes"),
    (set_top(c_dim=1, classes="a"), "classes"),
    (set_top(c_dim=1, classes=[["a"]]), "classes"),
    (set_layer2("b8.conv0", up=1), "enlarges 1 times in its layer 'b8.conv0'"),
    (set_layer2("b8.conv1", up=2), "enlarges 2 times in its layer 'b8.conv1'"),
    (set_layer2("b8.conv1", act_gain=-1), "act_gain"),
    (lambda config: config["layers"].update({"b8.conv9": {}}), "regex"),
    (lambda config: config["layers"].update({"b32.conv1": {"up": 1}}), "of 4 blocks"),
    (lambda config: config["layers"].clear(), "layers"),
    (lambda config: config["layers"]["b8.conv0"].pop("use_noise"), "use_noise"),
    (lambda config: config["layers"]["b8.torgb"].pop("conv_clamp"), "conv_clamp"),
]


@pytest.mark.parametrize("lie", range(len(LIES3)))
def test_a_stylegan3_that_cannot_be_is_refused(lie: int) -> None:
    change, words = LIES3[lie]
    config = copy.deepcopy(STYLEGAN3)
    change(config)
    with pytest.raises(Broken, match=words):
        check("stylegan3", config)


@pytest.mark.parametrize("lie", range(len(LIES2)))
def test_a_stylegan2_that_cannot_be_is_refused(lie: int) -> None:
    change, words = LIES2[lie]
    config = small_stylegan2().config
    change(config)
    with pytest.raises(Broken, match=words):
        check("stylegan2", config)


def test_genuine_configs_pass() -> None:
    check("stylegan3", STYLEGAN3)
    for architecture in ("skip", "resnet", "orig"):
        check("stylegan2", small_stylegan2(architecture=architecture).config)
    check("stylegan2", small_stylegan2().config | {"c_dim": 2, "classes": ["cats", "dogs"]})
