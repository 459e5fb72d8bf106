"""From latents to pictures: the one way in which a generator is played, whoever asks.

The model, the tools, the notebook and the jobs all use it. Everything that goes in or comes out is
numpy; what computes the two networks is a backend.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from taxiway.backends import Network
from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.contents import picture_size
from taxiway.choosing import answers_here, choose
from taxiway.core.errors import InvalidArgument
from taxiway.core.extras import need
from taxiway.core.images import Pixels
from taxiway.families.stylegan.bending.bend import Bend, change_of
from taxiway.families.stylegan.bending.live import BentNetworks, LiveBend
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.graphs import (
    graphs_of,
    torch_mapping,
    torch_synthesis,
)
from taxiway.families.stylegan.networks.layers import by_layer
from taxiway.families.stylegan.networks.transform import transform
from taxiway.families.stylegan.rendering.options import RenderOptions, latent_of
from taxiway.families.stylegan.rendering.preview import PreviewNetwork
from taxiway.latent.sample import z_of_seed
from taxiway.latent.space import Array, Latent, Shape
from taxiway.latent.truncation import truncate

if TYPE_CHECKING:
    import torch

    from taxiway.families.stylegan.networks.generator import Generator

MIDDLE_OF = 4096
"""How many w the middle of a class is the mean of."""
BATCH = 8
"""Pictures at a time on an accelerator."""
Z_ONLY = "This model has z only: this needs a model with w, such as a StyleGAN."


class Renderer(Protocol):
    """What makes pictures of latents. `name` and `sha256` say which model it is, "" if unknown."""

    name: str
    sha256: str
    shape: Shape
    resolution: tuple[int, int]
    truncates: bool
    alpha: bool

    def rows(self, latents: Sequence[Latent], options: RenderOptions) -> Array:
        """The truncated ws [N, num_ws, w_dim] of latents; InvalidArgument if there is no w."""

    def pictures(self, latents: Sequence[Latent], options: RenderOptions) -> Iterator[Pixels]:
        """Their pictures, uint8 [H, W, 3], [H, W, 4] with `alpha`, one after the other."""


class GeneratorRenderer:
    """One generator, its networks compiled by a backend.

    `config` and `w_avg` are the checkpoint's, `directions` a step [num_ws, w_dim] along each of
    its directions by name, `batch` how many pictures are synthesized at a time by `images`,
    `class_centres` [c_dim, w_dim] the average w of each class, where there are such; `by_class`
    truncates towards the middle of each class in other models, too.
    """

    def __init__(
        self,
        family: str,
        config: Mapping[str, Any],
        w_avg: npt.ArrayLike,
        synthesis: Network,
        mapping: Network,
        directions: Mapping[str, Array] | None = None,
        batch: int = BATCH,
    ) -> None:
        self.family, self.config = family, config
        self.shape = Shape(config["z_dim"], config["w_dim"], config["num_ws"])
        self.z_dim, self.w_dim, self.num_ws = self.shape
        self.c_dim: int = config["c_dim"]
        self.truncates = bool(self.num_ws)
        self.alpha: bool = config["img_channels"] == 4
        self.resolution = picture_size(config)
        self.w_avg = np.asarray(w_avg, np.float32)
        self.class_centres: Array | None = None
        self.by_class = False
        self._middles: dict[int, Array] = {}
        self.directions = dict(directions or {})
        self.bent: BentNetworks | None = None
        self.preview: PreviewNetwork | None = None
        self.name = self.sha256 = ""
        self._synthesis, self._mapping, self._batch = synthesis, mapping, batch

    def z_of_seeds(self, seeds: Sequence[int]) -> Array:
        """The z [N, z_dim] of seeds."""
        return np.stack([z_of_seed(seed, self.z_dim) for seed in seeds])

    def w(
        self, z: npt.ArrayLike, label: int | None = None, classes: npt.ArrayLike | None = None
    ) -> Array:
        """w [N, w_dim] of z [N, z_dim], not truncated. Raises InvalidArgument for a bad label.

        `classes` [c_dim] are weights of the classes, to mix them, instead of one label.
        """
        given = {"z": np.asarray(z, np.float32)}
        c = self._weights(label, classes)
        c = None if c is None else np.repeat(c[None], len(given["z"]), axis=0)
        w: Array = self._mapping.run(given if c is None else {**given, "c": c})["w"]
        return w

    def w_of_each(self, z: Array, c: Array | None) -> Array:
        """w [N, w_dim] of z [N, z_dim] and, where there are classes, weights of them [N, c_dim]."""
        w: Array = self._mapping.run({"z": z} if c is None else {"z": z, "c": c})["w"]
        return w

    def ws(
        self,
        z: npt.ArrayLike,
        truncation: float = 1.0,
        cutoff: int | None = None,
        centre: npt.ArrayLike | None = None,
        label: int | None = None,
        classes: npt.ArrayLike | None = None,
    ) -> Array:
        """ws [N, num_ws, w_dim] of z [N, z_dim], truncated; see `truncated`.

        Where the classes have centres of their own (StyleGAN-XL), that of the label is meant.
        """
        centre = self.centre_of(centre, label, classes)
        return self.truncated(self.w(z, label, classes), truncation, cutoff, centre)

    def centre_of(
        self,
        centre: npt.ArrayLike | None = None,
        label: int | None = None,
        classes: npt.ArrayLike | None = None,
    ) -> npt.ArrayLike | None:
        """What is truncated towards: a centre that is given, None for w_avg, or the class's own.

        That is meant by the centre CLASS, and by None in a StyleGAN-XL and with `by_class`. Of
        several classes it is the mean by their weights.
        """
        own = centre is None and (self.by_class or self.class_centres is not None)
        if not own and not isinstance(centre, str):
            return centre
        weights = self._weights(label, classes)
        if self.class_centres is not None:
            found: Array = weights @ self.class_centres
            return found
        return np.asarray(sum(weights[k] * self.middle(int(k)) for k in np.flatnonzero(weights)))

    def middle(self, label: int) -> Array:
        """The middle [w_dim] of a class: the mean of 4096 w, always the same ones."""
        if label not in self._middles:
            z = np.random.RandomState(0).randn(MIDDLE_OF, self.z_dim)
            parts = [self.w(part, label).sum(axis=0, dtype=np.float64) for part in np.split(z, 8)]
            self._middles[label] = np.asarray(sum(parts) / MIDDLE_OF, np.float32)
        return self._middles[label]

    def truncated(
        self,
        w: npt.ArrayLike,
        truncation: float = 1.0,
        cutoff: int | None = None,
        centre: npt.ArrayLike | None = None,
    ) -> Array:
        """w [N, w_dim] or ws [N, num_ws, w_dim], pulled towards a centre; ws [N, num_ws, w_dim].

        1 changes nothing, 0 gives the centre; only the first `cutoff` layers are pulled (None: as
        the network was made, all of them, or 8 of a StyleGAN1). The
        centre is w_avg, another w [w_dim], or the nearest of several [K, w_dim].
        """
        w = np.asarray(w, np.float32)
        cutoff = self.config.get("truncation_cutoff") if cutoff is None else cutoff
        towards = self.w_avg if centre is None else self._nearest(w, np.asarray(centre, np.float32))
        return truncate(w, towards, truncation, cutoff, self.num_ws)

    def rows(self, latents: Sequence[Latent], options: RenderOptions) -> Array:
        """The ws [N, num_ws, w_dim] of latents: z mapped and truncated, w and w+ as they are.

        Then moved along the directions that the options name. Raises InvalidArgument if there is
        no w.
        """
        if not self.num_ws:
            raise InvalidArgument(Z_ONLY, "w")
        return self._rows(latents, options)

    def _rows(self, latents: Sequence[Latent], options: RenderOptions) -> Array:
        """What the synthesis network takes: ws, or z and c where there is no w."""
        ws = np.concatenate([self._row(latent, options) for latent in latents])
        for name, steps in options.directions.items():
            ws = ws + np.float32(steps) * self.directions[name]
        return ws

    def images(self, ws: npt.ArrayLike, options: RenderOptions | None = None) -> Pixels:
        """Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim] (or w [N, w_dim])."""
        return np.concatenate(list(self._stream(ws, options or RenderOptions())))

    def pictures(self, latents: Sequence[Latent], options: RenderOptions) -> Iterator[Pixels]:
        """Pictures [H, W, 3] of latents, one after the other."""
        for start in range(0, len(latents), BATCH):
            ws = self._rows(latents[start : start + BATCH], options)
            for part in self._stream(ws, options):
                yield from part

    def features(self, layer: str, w: Array) -> Array:
        """What a layer of `layers.bendable` says [N, C, h, w] of w [N, w_dim]."""
        ws = np.repeat(w[:, None], self.num_ws, axis=1)
        said: Array = self._synthesis.run({"ws": ws, "layer": layer})["features"]
        return said

    def quick_images(self, ws: Array) -> Pixels:
        """Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim], to be measured by: see
        `sampling.quick_pictures`."""
        return in_colour(self._synthesis.run({"ws": ws, "noise_mode": "const"})["image"])[..., :3]

    def ws_of(self, call: Mapping[str, Any]) -> Array:
        """The truncated ws [num_ws, w_dim] of a call's z, without steps along directions."""
        ws: Array = self.rows([latent_of(call, self.z_dim)], RenderOptions.of(call))[0]
        return ws

    def answer(self, calls: Sequence[Mapping[str, Any]]) -> list[Pixels]:
        """Pictures [H, W, 3] of a command's decoded inputs, each call with options of its own.

        Those that share noise and place are synthesized at once.
        """
        latents = [latent_of(call, self.z_dim) for call in calls]
        asked = [RenderOptions.of(call, self.directions) for call in calls]
        groups: dict[tuple[Any, ...], list[int]] = {}
        for index, options in enumerate(asked):
            groups.setdefault(options.look, []).append(index)
        pictures: dict[int, Pixels] = {}
        for members in groups.values():
            ws = np.concatenate([self._rows([latents[i]], asked[i]) for i in members])
            made = self._synthesized(ws, asked[members[0]], [asked[i].bend for i in members])
            pictures |= zip(members, made, strict=True)
        return [pictures[index] for index in range(len(calls))]

    def _row(self, latent: Latent, options: RenderOptions) -> Array:
        if latent.space != "z":
            # A w is used as it is, like NVIDIA's projected ones: truncation is for sampling.
            return np.broadcast_to(latent.numbers, (1, self.num_ws, self.w_dim))
        label = latent.label if options.label is None else options.label
        if not self.num_ws:
            w = self.w(latent.numbers[None], label, options.classes)
            return w[:, None]  # [1, 1, z_dim + c_dim]
        truncation = options.truncation_of(latent)
        how = (truncation, options.cutoff, options.centre, label, options.classes)
        return self.ws(latent.numbers[None], *how)

    def _stream(self, ws: npt.ArrayLike, options: RenderOptions) -> Iterator[Pixels]:
        given = np.asarray(ws, np.float32)
        given = given if given.ndim == 3 else np.repeat(given[:, None], self.num_ws, axis=1)
        for start in range(0, len(given), self._batch):
            yield self._synthesized(given[start : start + self._batch], options)

    def _synthesized(
        self, ws: Array, options: RenderOptions, bends: Sequence[LiveBend] = ()
    ) -> Pixels:
        inputs: dict[str, Any] = {"ws": ws, "noise_mode": options.noise_mode}
        if options.x or options.y or options.rotation:
            if self.family != "stylegan3":
                raise InvalidArgument("Only a StyleGAN3's picture can be shifted and turned.", "x")
            # NVIDIA's tools turn the other way than pictures are bent: counter-clockwise.
            moved = transform(options.x, options.y, -options.rotation)
            inputs["transform"] = np.tile(moved.astype(np.float32), (len(ws), 1, 1))
        if self.bent is not None and options.bend.acts_on:
            return in_colour(self.bent.run(bends, inputs)["image"])
        if self.preview is not None and options.preview == "on":
            return self.preview.run(inputs)
        return in_colour(self._synthesis.run(inputs)["image"])

    def _weights(self, label: int | None, classes: npt.ArrayLike | None) -> Any:
        """How much of each class [c_dim], together 1: as given, or one of them; None without.

        Weights below 0 count as 0, and where none is above 0 the label counts.
        """
        if not self.c_dim:
            if label or classes is not None:
                raise InvalidArgument(f"This model has no classes, got label {label}.", "label")
            return None
        if classes is not None:
            given = np.maximum(np.asarray(classes, np.float64), 0)
            if given.shape != (self.c_dim,):
                raise InvalidArgument(f"'classes' takes {self.c_dim} weights.", "classes")
            if given.any():
                return np.asarray(given / given.sum(), np.float32)
        if not 0 <= (label or 0) < self.c_dim:
            raise InvalidArgument(f"'label' takes 0 to {self.c_dim - 1}, got {label}.", "label")
        return np.eye(self.c_dim, dtype=np.float32)[label or 0]

    def _nearest(self, w: Array, centre: Array) -> Array:
        centres = centre.reshape(-1, self.w_dim)  # [K, w_dim]
        first = w if w.ndim == 2 else w.mean(axis=1)  # [N, w_dim]
        distances = [np.linalg.norm(centres - each, axis=1) for each in first]  # N times [K]
        nearest: Array = centres[np.argmin(distances, axis=1)][:, None]  # [N, 1, w_dim]
        return nearest


class CheckpointRenderer(GeneratorRenderer):
    """A checkpoint's generator in float32, on whichever backend is fastest here.

    On a processor pictures are made one by one, so that the same w gives the same bytes in any
    company (together: a fifth sooner).
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str = "auto",
        name: str = "",
        bends: Sequence[Bend] = (),
    ) -> None:
        """`device` is auto, cpu, cuda or mps. Raises as `choose`, or as `bends` do."""
        graphs = graphs_of(checkpoint, change=change_of(bends, checkpoint) if bends else None)
        (synthesis, mapping), choice = choose(graphs, device, "float32", answers=answers_here())
        super().__init__(
            checkpoint.family,
            checkpoint.config,
            checkpoint.tensors.get("mapping.w_avg", ()),
            synthesis,
            mapping,
            batch=1 if choice.device == "cpu" else BATCH,
        )
        self.checkpoint, self.device = checkpoint, device
        self.class_centres = checkpoint.tensors.get("mapping.class_w_avg")
        self.name, self.sha256 = name, checkpoint.source.get("sha256", "")

    @property
    def tensors(self) -> Mapping[str, Array]:
        """The weights by name."""
        return self.checkpoint.tensors

    def with_noise(self, factors: Mapping[int, float]) -> "CheckpointRenderer":
        """The same generator, the noise of its layers, counted from 0, times `factors`."""
        names = noisy(self.tensors)
        changed = {names[i]: self.tensors[names[i]] * np.float32(f) for i, f in factors.items()}
        tensors = {**self.tensors, **changed}
        return self.of(replace(self.checkpoint, tensors=tensors))

    def of(self, checkpoint: Checkpoint, bends: Sequence[Bend] = ()) -> "CheckpointRenderer":
        """Another generator under this one's name, on its device, bent.

        Raises InvalidArgument for a bend of a layer or a channel that it does not have.
        """
        return CheckpointRenderer(checkpoint, self.device, self.name, bends)

    def quick_images(self, ws: Array) -> Pixels:
        return in_colour(self._quick.run({"ws": ws, "noise_mode": "const"})["image"])[..., :3]

    @cached_property
    def _quick(self) -> Network:
        """The synthesis network without its upscaler, in the precision that is soonest."""
        config = {name: value for name, value in self.config.items() if name != "upscaler"}
        graph, _ = graphs_of(replace(self.checkpoint, config=config))
        graph = replace(graph, key=graph.key and f"{graph.key} before the upscaler")
        [network], _ = choose([graph], self.device, answers=answers_here())
        return network

    @cached_property
    def in_torch(self) -> "TorchRenderer":
        """The same in PyTorch, for what needs gradients. Raises MissingDependency without it."""
        need("torch", f"This with '{self.name or 'a checkpoint'}'")
        from taxiway.backends.torch.device import pick_device

        generator = build_generator(self.checkpoint)
        return TorchRenderer(generator, pick_device(self.device), self.name, self.sha256)


class TorchRenderer(GeneratorRenderer):
    """A generator in PyTorch; `generator` is the plain network, for whoever needs gradients.

    Pictures are made in float32, and on a CPU one by one, as a `CheckpointRenderer`'s.
    """

    def __init__(
        self,
        generator: "Generator",
        device: "torch.device | str" = "cpu",
        name: str = "",
        sha256: str = "",
    ) -> None:
        import torch

        from taxiway.backends.torch.network import TorchNetwork

        self.device = torch.device(device)
        self.generator = generator.to(self.device)
        synthesis = torch_synthesis(generator, torch.float32)
        super().__init__(
            generator.family,
            generator.config,
            generator.w_avg.cpu().numpy(),
            TorchNetwork(synthesis, self.device),
            TorchNetwork(torch_mapping(generator), self.device),
            batch=1 if self.device.type == "cpu" else BATCH,
        )
        self.class_centres = generator.class_centres
        self.name, self.sha256 = name, sha256

    def of(self, generator: "Generator") -> "TorchRenderer":
        """Another generator under this one's name, on its device."""
        return TorchRenderer(generator, self.device, self.name, self.sha256)

    @property
    def tensors(self) -> Mapping[str, Array]:
        """The weights by name."""
        state = self.generator.state_dict()
        return {name: tensor.cpu().numpy() for name, tensor in state.items()}


def noisy(tensors: Mapping[str, Any]) -> list[str]:
    """The tensors that say how strong each layer's noise is, first to last.

    Raises InvalidArgument if there is no noise.
    """
    found = [name for name in tensors if name.endswith(".noise_strength")]
    if not found:
        raise InvalidArgument("This model has no noise to be made weaker.", "noise_strength")
    return sorted(found, key=by_layer)


def with_w(renderer: Renderer) -> "CheckpointRenderer | TorchRenderer":
    """The renderer of a generator that has w; InvalidArgument for any other."""
    if not isinstance(renderer, (CheckpointRenderer, TorchRenderer)):
        raise InvalidArgument("The painter has z only: this needs a model with w, a StyleGAN.")
    if not renderer.num_ws:
        raise InvalidArgument(Z_ONLY, "w")
    return renderer


def checkpoint_of(renderer: Renderer) -> "CheckpointRenderer":
    """The renderer as one of a checkpoint; InvalidArgument for the painter."""
    if not isinstance(renderer, CheckpointRenderer):
        raise InvalidArgument("The painter has no layers: this needs a StyleGAN.")
    return renderer


def torch_renderer_of(renderer: Renderer) -> TorchRenderer:
    """The renderer in PyTorch; InvalidArgument for the painter, or where there is no w.

    Raises MissingDependency without PyTorch.
    """
    found = with_w(renderer)
    return found.in_torch if isinstance(found, CheckpointRenderer) else found


def check_classes(count: int, name: str) -> None:
    """Raise InvalidArgument for what is about classes where a model has none."""
    if not count:
        raise InvalidArgument(f"This model has no classes, which '{name}' is about.", name)


def in_colour(pixels: Pixels) -> Pixels:
    """Pictures of 1, 3 or 4 channels as [N, H, W, 3], or 4 where they have alpha."""
    return np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels
