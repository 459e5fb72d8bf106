"""From a model's spec to what plays it: the networks read in this process, ready for numpy."""

from taxiway.backends.torch.device import pick_device
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.tuning import tune
from taxiway.families.stylegan.rendering.instrument import Instrument
from taxiway.families.stylegan.rendering.player import Drawing, Player


def open_player(spec: ModelSpec, device: str = "auto") -> Player:
    """The instrument of a StyleGAN, or the painter.

    Sets this process's number of threads to what is fastest for it, measured for half a second.
    Raises NotFound, UnreadableCheckpoint or InvalidArgument.
    """
    if spec.family == "painter":
        return Drawing()
    if spec.family != "stylegan":
        raise InvalidArgument(f"'{spec.name}' is no StyleGAN, which this works on.")
    checkpoint = read_checkpoint(spec.options["checkpoint"])
    generator, place = build_generator(checkpoint), pick_device(device)
    tune(generator, place, "float32", seconds=0.5)
    return Instrument(generator, place, spec.name, checkpoint.source["sha256"])
