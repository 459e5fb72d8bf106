"""A StyleGAN2 as a plain dictionary of tensors under NVIDIA's names; its settings are assumed."""

from taxiway.checkpoint.contents import Found
from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.native import Description, decode
from taxiway.checkpoint.rosinality import average_w, silent_noise, sorted_tensors
from taxiway.checkpoint.stylegan2 import architecture_of, config_of_shapes, taps_of
from taxiway.checkpoint.tensors import Array, Tensor

ALIAS_FREE = "synthesis.input.freqs"
FILTER = "synthesis.b8.conv0.resample_filter"
TAPS = [1, 3, 3, 1]
ASSUMED = (
    "the file records no settings: leaky ReLU, a mapping rate of 0.01 and no clamping are assumed"
)


def described_checkpoint(state: dict[object, object], text: str, budget: Budget) -> Found:
    """What Taxiway itself wrote as `.pt`, whose description says all that the tensors do not."""
    description = decode(text.encode(), Description)
    if "input.input" in state:
        tensors = sorted_tensors(state, budget)[0]
    else:
        tensors = arrays_of(state, budget)
    about = {"format": "Taxiway torch file", "made_from": description.made_from}
    return Found(description.family, description.config, tensors, about)


def arrays_of(state: dict[object, object], budget: Budget) -> dict[str, Array]:
    """The tensors of a dictionary, read."""
    tensors: dict[str, Array] = {}
    for name, value in state.items():
        budget.visit()
        if isinstance(name, str) and isinstance(value, Tensor):
            tensors[name] = value.read(budget)
    return tensors


def state_checkpoint(state: dict[object, object], budget: Budget) -> Found:
    """What such a dictionary holds; raises Broken if it is no StyleGAN2."""
    if ALIAS_FREE in state:
        raise Broken(
            "is a StyleGAN3 without its settings, which its tensors do not tell: "
            "keep the whole snapshot"
        )
    tensors = arrays_of(state, budget)
    notes = [ASSUMED]
    taps = taps_of(tensors[FILTER]) if FILTER in tensors else TAPS
    if FILTER not in tensors:
        notes.append("the file has no filter to enlarge with: [1, 3, 3, 1] is assumed")
    config = config_of_shapes(tensors, architecture_of(tensors), taps)
    notes += silent_noise(tensors, config)
    if "mapping.w_avg" not in tensors:
        tensors["mapping.w_avg"], count = average_w(tensors, config)
        notes.append(f"the file has no average w, so {count} random z were averaged")
    about = {"format": "torch state dictionary (stylegan2)", "notes": notes}
    return Found("stylegan2", config, tensors, about)
