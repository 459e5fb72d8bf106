"""Pivotal tuning: the generator bent a little, so that one w makes one picture (PTI).

Roich et al. 2022. The w stays; the weights move, and are held back where they would change other
pictures. What is kept is the difference of the weights, not another generator.
"""

import contextlib
import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from taxiway.checkpoint import Checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.projection.loss import Likeness, distance, pyramid
from taxiway.families.stylegan.projection.sampling import sample_w
from taxiway.families.stylegan.rendering.files import read_arrays
from taxiway.latent.arrays import npz_bytes
from taxiway.latent.files import text_of
from taxiway.training.perceptual import Perceptual

RATE = 1e-3
LOCALITY = 0.3
"""What a change of other pictures weighs beside the one that is tuned for."""
OTHERS = 256


class Tuning:
    """A generator tuned to make `targets` [N, C, H, W] of `ws` [N, num_ws, w_dim].

    `generator` is a copy; `step` moves its synthesis network's weights by Adam and returns the
    loss. Each step also looks at one picture nearby, which is to stay as it was: locality 0 leaves
    that out.
    """

    def __init__(
        self,
        generator: Generator,
        ws: Tensor,
        targets: Tensor,
        locality: float = LOCALITY,
        perceptual: Perceptual | None = None,
    ) -> None:
        self.generator, self._before = copy.deepcopy(generator), generator
        self._ws, self._locality = ws.detach(), locality
        self._likeness = Likeness(targets, perceptual)
        self._parameters = weights(self.generator)
        for parameter in self._parameters:
            parameter.requires_grad_()
        self._adam = torch.optim.Adam(self._parameters, RATE)
        self._others = sample_w(generator, OTHERS).to(ws)
        self._far = (self._others - generator.w_avg).norm(dim=1).mean()
        self.done = 0

    def step(self) -> float:
        """Make one step; the distance of the pictures from their targets before it."""
        loss = self._likeness(self.generator.synthesis(self._ws)).sum()
        total = loss + self._locality * self.changed() if self._locality else loss
        self._adam.zero_grad()
        torch.autograd.backward(total)
        self._adam.step()
        self.done += 1
        return float(loss.detach())

    def changed(self) -> Tensor:
        """How far one other picture has moved: one as far from the w as samples are from w_avg."""
        other = self._others[self.done % len(self._others)] - self._ws[:1]  # [1, num_ws, w_dim]
        apart = other / other.norm(dim=2, keepdim=True).clamp(min=1e-6)
        ws = self._ws[:1] + self._far * apart
        with torch.no_grad():
            before = pyramid(self._before.synthesis(ws))
        return distance(self.generator.synthesis(ws), before).sum()

    def save(self, path: Path, key: str) -> None:
        """Write all that is needed to go on from here, exactly: three times the weights."""
        tensors = [parameter.data for parameter in self._parameters]
        state = {"key": key, "done": self.done, "weights": tensors, "adam": self._adam.state_dict()}
        write_state(path, state)

    def resume(self, path: Path, key: str) -> None:
        """Go on from a file of `save` with the same key; begin anew if it is none."""
        # torch.load has many kinds of errors, some of a module that nobody here imports.
        with contextlib.suppress(Exception):
            state = torch.load(path, map_location=self._ws.device, weights_only=True)
            if state["key"] != key:
                return
            for parameter, kept in zip(self._parameters, state["weights"], strict=True):
                parameter.data.copy_(kept)
            self._adam.load_state_dict(state["adam"])
            self.done = state["done"]

    def finished(self) -> Generator:
        """The tuned generator, no longer to be changed."""
        return self.generator.requires_grad_(False)


def weights(generator: Generator) -> list[nn.Parameter]:
    """The parameters that tuning moves, in the order in which a difference holds them."""
    return list(generator.synthesis.parameters())


def write_difference(path: Path | str, tuned: Generator, generator: Generator, model: str) -> None:
    """Write what tuning changed, as float16, whole or not at all: half of a model's size.

    `model` is the SHA-256 of the file that `generator` came from.
    """
    pairs = zip(weights(tuned), weights(generator), strict=True)
    parts = [(after - before).detach().cpu().half().flatten() for after, before in pairs]
    arrays = {"difference": torch.cat(parts).numpy(), "model": np.array(model)}
    write_whole(path, npz_bytes(arrays))


def read_difference(path: Path | str, generator: Generator, model: str = "") -> Generator:
    """`generator` with the difference of a file added: a copy.

    Raises NotFound, or InvalidArgument for a file of another kind or model.
    """
    path, tuned = Path(path), copy.deepcopy(generator)
    arrays = read_arrays(path)
    parameters = weights(tuned)
    of = text_of(arrays, "model")
    if "difference" not in arrays:
        raise InvalidArgument(f"'{path.name}' holds no tuning; 'taxiway project --tune' makes one.")
    sizes = [parameter.numel() for parameter in parameters]
    if (model and of and of != model) or arrays["difference"].size != sum(sizes):
        raise InvalidArgument(f"'{path.name}' is the tuning of another model.")
    difference = torch.from_numpy(arrays["difference"]).to(generator.w_avg)
    for parameter, change in zip(parameters, torch.split(difference, sizes), strict=True):
        parameter.data += change.view_as(parameter)
    return tuned


def tuned_checkpoint(path: Path | str, checkpoint: Checkpoint) -> Checkpoint:
    """A checkpoint with the difference of a file added; raises as `read_difference`."""
    sha256 = str(checkpoint.source.get("sha256", ""))
    tuned = read_difference(path, build_generator(checkpoint), sha256)
    state = {name: tensor.numpy() for name, tensor in tuned.state_dict().items()}
    return replace(checkpoint, tensors={**checkpoint.tensors, **state})
