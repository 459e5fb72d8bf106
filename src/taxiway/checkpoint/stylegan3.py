"""StyleGAN3 from the attributes that NVIDIA's files record: the plan of rates is not made anew."""

from typing import Any

from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.modules import Attributes, Network
from taxiway.checkpoint.stylegan2 import mapping_config

Config = dict[str, Any]


def stylegan3_config(network: Network) -> Config:
    """The config of a taken-apart StyleGAN3."""
    top, synthesis = network.attributes(""), network.attributes("synthesis")
    first = network.attributes("synthesis.input")
    names = network.children("synthesis", r"L\d{1,3}_\w+")
    names.sort(key=lambda name: int(name[1:].split("_")[0]))
    if not names:
        raise Broken("has no layers of a StyleGAN3")
    recorded = synthesis.values.get("layer_names", names)
    if recorded != names:
        raise Broken("lists other layers than it has")
    layers = [layer_config(name, network.attributes(f"synthesis.{name}")) for name in names]
    width, height = layers[-1]["out_size"]
    return {
        "z_dim": top.whole("z_dim"),
        "w_dim": top.whole("w_dim"),
        "c_dim": top.whole("c_dim"),
        "img_channels": top.whole("img_channels"),
        "img_resolution": [height, width],
        "num_ws": top.whole("num_ws"),
        "mapping": mapping_config(network),
        "output_scale": synthesis.number("output_scale"),
        "input": {
            "size": first.wholes("size", 2),
            "sampling_rate": first.number("sampling_rate"),
            "bandwidth": first.number("bandwidth"),
            "channels": first.whole("channels"),
        },
        "layers": layers,
    }


def layer_config(name: str, layer: Attributes) -> Config:
    """One layer: rates in samples, cut-offs and half widths in cycles per picture width."""
    config: Config = {"name": name}
    for key in ("is_torgb", "is_critically_sampled", "use_fp16"):
        config[key] = layer.flag(key)
    for key in ("in_channels", "out_channels", "conv_kernel", "up_factor", "down_factor"):
        config[key] = layer.whole(key)
    for end in ("in", "out"):
        config[f"{end}_size"] = layer.wholes(f"{end}_size", 2)
        for key in (f"{end}_sampling_rate", f"{end}_cutoff", f"{end}_half_width"):
            config[key] = layer.number(key)
    config["padding"] = layer.wholes("padding", 4)
    config["conv_clamp"] = layer.optional_number("conv_clamp")
    config["use_radial_filters"] = layer.flag("down_radial")
    up, down = max(config["up_factor"], 1), max(config["down_factor"], 1)
    config["filter_size"] = max(layer.whole("up_taps") // up, layer.whole("down_taps") // down)
    return config
