"""From a checkpoint's file to what renders it in this process, ready for numpy."""

from typing import Any, NamedTuple

from taxiway.checkpoint import read_checkpoint
from taxiway.choosing import answers_here, choose
from taxiway.core.command import Command
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec
from taxiway.families.stylegan.bending.live import BentNetworks
from taxiway.families.stylegan.directions.direction import directions_in
from taxiway.families.stylegan.directions.played_dials import PlayedDials
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.layers import bendable
from taxiway.families.stylegan.rendering.kept import KeptNetwork
from taxiway.families.stylegan.rendering.options import generate_command
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.preview import PreviewNetwork
from taxiway.families.stylegan.rendering.renderer import (
    CheckpointRenderer,
    GeneratorRenderer,
    Renderer,
    check_classes,
)
from taxiway.latent.space import Shape


class Opened(NamedTuple):
    """What plays a checkpoint, what it can be asked, its facts, and what finds its dials."""

    renderer: GeneratorRenderer
    command: Command
    facts: dict[str, Any]
    dials: PlayedDials


PICTURES, VECTORS = 2, 64
"""How many answers of each network a model that is played keeps."""


def open_renderer(spec: ModelSpec, device: str = "auto") -> Renderer:
    """The renderer of a StyleGAN, or of the painter.

    Takes the backend that is fastest, measured at the first time. Raises NotFound,
    UnreadableCheckpoint, InvalidArgument or MissingDependency.
    """
    if spec.family == "painter":
        return PainterRenderer()
    if spec.family != "stylegan":
        raise InvalidArgument(f"'{spec.name}' is no StyleGAN, which this works on.")
    return open_generator(spec.options["checkpoint"], device, spec.name)


def open_generator(file: str, device: str = "auto", name: str = "") -> CheckpointRenderer:
    """The renderer of a checkpoint's file, as `open_renderer` opens it."""
    return CheckpointRenderer(read_checkpoint(file), device, name)


def open_model(
    file: str,
    device: str,
    precision: str,
    directions: str | None = None,
    class_centres: bool = False,
    backend: str = "auto",
) -> "Opened":
    """A checkpoint as a model plays it, on the fastest backend, or on the one that is named.

    `directions` is a folder, each of which becomes an input; with `class_centres` truncation goes
    to the middle of each class. Raises NotFound, UnreadableCheckpoint, InvalidArgument or
    MissingDependency.
    """
    checkpoint = read_checkpoint(file)
    family, config = checkpoint.family, checkpoint.config
    if class_centres:
        check_classes(config["c_dim"], "class_centres")
    steps = directions_in(directions, Shape(config["z_dim"], config["w_dim"], config["num_ws"]))
    layers = bendable(family, checkpoint.tensors)
    among = None if backend == "auto" else [backend]
    (synthesis, mapping), choice = choose(
        graphs_of(checkpoint), device, precision, among=among, answers=answers_here()
    )
    preview = PreviewNetwork(checkpoint, choice)
    command = generate_command(family, config, steps, layers, preview.is_there)
    w_avg = checkpoint.tensors.get("mapping.w_avg", ())
    kept = (KeptNetwork(synthesis, PICTURES), KeptNetwork(mapping, VECTORS))
    renderer = GeneratorRenderer(family, config, w_avg, *kept, steps)
    renderer.class_centres = checkpoint.tensors.get("mapping.class_w_avg")
    renderer.by_class = class_centres
    renderer.bent = BentNetworks(checkpoint, choice)
    renderer.preview = preview if preview.is_there else None
    notes = list(checkpoint.source.get("notes", []))
    if config["c_dim"]:
        notes.append("pictures are of class 0 unless 'label' or 'classes' says otherwise")
    dials = PlayedDials(checkpoint, choice, renderer, command)
    return Opened(renderer, command, choice.facts | {"notes": notes}, dials)
