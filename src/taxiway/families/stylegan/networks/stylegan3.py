"""StyleGAN3 (Karras et al. 2021): features as samples of continuous signals, free of aliasing."""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.generator import Noise
from taxiway.families.stylegan.networks.mapping import Dense
from taxiway.families.stylegan.networks.ops import (
    demodulation,
    filter_down,
    filter_up,
    normalise,
    per_channel,
    squared_sums,
)


def full_precision(x: Tensor) -> torch.autocast:
    """Where autocast is on, leave it: with fewer digits waves shift and filters let noise through.

    What remains for a lower precision is the convolutions.
    """
    return torch.autocast(x.device.type, enabled=False)


class SynthesisInput(nn.Module):
    """Sine waves over a plane that each w turns and shifts: w [N, w_dim] -> [N, C, H, W].

    `size` is (height, width) in samples, `rate` the samples and `bandwidth` the cycles per unit
    of length, of which the picture is one.
    """

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(
        self, w_dim: int, channels: int, size: tuple[int, int], rate: float, bandwidth: float
    ) -> None:
        super().__init__()
        self.size, self.rate, self.bandwidth = size, rate, bandwidth
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.affine = Dense(w_dim, 4)
        self.register_buffer("freqs", torch.zeros(channels, 2))
        self.register_buffer("phases", torch.zeros(channels))
        self.register_buffer("transform", torch.eye(3))

    def forward(self, w: Tensor, transform: Tensor | None = None) -> Tensor:
        with full_precision(w):
            return self.waves(w, transform)

    def waves(self, w: Tensor, transform: Tensor | None) -> Tensor:
        """The sine waves, mixed: [N, C, H, W]."""
        user = self.transform if transform is None else transform.to(self.transform)
        moved = self.placement(w) @ user  # [N, 3, 3]
        freqs = self.freqs @ moved[:, :2, :2]  # [N, C, 2]
        phases = self.phases + (self.freqs @ moved[:, :2, 2:])[..., 0]  # [N, C]
        # Waves that the turning made too fast for the sampling rate fade out.
        excess = (freqs.norm(dim=2) - self.bandwidth) / (self.rate / 2 - self.bandwidth)
        amplitudes = (1 - excess).clamp(0, 1)  # [N, C]
        angles = torch.einsum("hwd,ncd->nhwc", self.grid(), freqs) + phases[:, None, None]
        waves = torch.sin(2 * math.pi * angles) * amplitudes[:, None, None]  # [N, H, W, C]
        x: Tensor = waves @ (self.weight / math.sqrt(len(self.weight))).T
        return x.permute(0, 3, 1, 2)  # [N, C, H, W], channels last in memory

    def placement(self, w: Tensor) -> Tensor:
        """The turn and shift that w asks for, as matrices [N, 3, 3]."""
        turn_x, turn_y, x, y = self.affine(w).unbind(dim=1)  # [N] each
        length = torch.hypot(turn_x, turn_y)  # so that (cos, sin) is of length 1
        cos, sin, x, y = turn_x / length, turn_y / length, x / length, y / length
        zero, one = torch.zeros_like(cos), torch.ones_like(cos)
        rotation = torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], dim=1)  # [N, 9]
        shift = torch.stack([one, zero, -x, zero, one, -y, zero, zero, one], dim=1)
        return rotation.view(-1, 3, 3) @ shift.view(-1, 3, 3)

    def grid(self) -> Tensor:
        """Where the samples lie, as (x, y) with the origin in the middle: [H, W, 2]."""
        y, x = (
            (torch.arange(n, device=self.freqs.device) + 0.5 - n / 2) / self.rate for n in self.size
        )
        return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


class SynthesisLayer(nn.Module):
    """A styled convolution, then an activation taken at a higher sampling rate.

    `config` is the layer's own record in the checkpoint: rates as whole factors, `padding` as
    (left, right, top, bottom), which may crop.
    """

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(self, config: Mapping[str, Any], w_dim: int, filters: Mapping[str, Tensor]):
        super().__init__()
        inputs, outputs, k = config["in_channels"], config["out_channels"], config["conv_kernel"]
        self.is_torgb: bool = config["is_torgb"]
        self.up, self.down = config["up_factor"], config["down_factor"]
        self.padding, self.clamp = tuple(config["padding"]), config["conv_clamp"]
        self.weight = nn.Parameter(torch.randn(outputs, inputs, k, k))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.register_buffer("magnitude_ema", torch.ones([]))
        self.register_buffer("up_filter", filters.get("up_filter"))
        self.register_buffer("down_filter", filters.get("down_filter"))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:  # [N, in, h, w] -> [N, out, H, W]
        with full_precision(x):
            weight, styles, gains = self.modulation(w)
        # Padded so that nothing at the margin is lost: the filters crop what is too much.
        x = F.conv2d(x * styles, weight, padding=weight.shape[2] - 1)  # [N, out, h + k - 1, ...]
        with full_precision(x):
            return self.activate(x.float() * gains + per_channel(self.bias[None]))

    def modulation(self, w: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The weight, and what its input and output channels are scaled by, [N, C, 1, 1] each."""
        styles = self.affine(w)  # [N, in]
        gains = torch.rsqrt(self.magnitude_ema)
        if self.is_torgb:
            return self.weight, per_channel(styles), gains / math.sqrt(self.weight.shape[1])
        weight, styles = self.normalised_weight(), normalise(styles)
        gains = gains * per_channel(demodulation(styles, squared_sums(weight)))
        return weight, per_channel(styles), gains

    def normalised_weight(self) -> Tensor:
        """The weight with unit mean square for each output channel."""
        return self.weight * torch.rsqrt(self.weight.square().mean(dim=(1, 2, 3), keepdim=True))

    def activate(self, x: Tensor) -> Tensor:
        """Sample x [N, out, h, w] more densely, activate, filter what that added, thin out again.

        A pointwise nonlinearity adds frequencies beyond the sampling rate; at a higher rate they
        can be filtered away before they alias (Karras et al. 2021, section 3.1).
        """
        left, right, top, bottom = self.padding
        if self.up_filter is not None:
            x = filter_up(x, self.up_filter, self.up, ((top, bottom), (left, right)))
            # [N, out, up * h, up * w], and as much as the padding says
        if not self.is_torgb:
            x = F.leaky_relu(x, 0.2) * math.sqrt(2)
        if self.clamp is not None:
            x = F.hardtanh(x, -self.clamp, self.clamp)  # a clamp that is sooner back
        return x if self.down_filter is None else filter_down(x, self.down_filter, self.down)


class SynthesisNetwork(nn.Module):
    """ws [N, num_ws, w_dim] -> images [N, img_channels, H, W]; layers `L0_...`, `L1_...` in a row.

    `filters` holds each layer's FIR taps by the name they have in the checkpoint. `noise` is
    accepted and means nothing here: there is none. `transform` [3, 3] moves the picture; it is
    the inverse of the movement wanted (translation in pictures, y down).
    """

    def __init__(self, config: Mapping[str, Any], filters: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.output_scale: float = config["output_scale"]
        first = config["input"]
        size = first["size"]
        self.input = SynthesisInput(
            config["w_dim"],
            first["channels"],
            (size, size) if isinstance(size, int) else (size[1], size[0]),
            first["sampling_rate"],
            first["bandwidth"],
        )
        for layer in config["layers"]:
            prefix = f"synthesis.{layer['name']}."
            own = {k.removeprefix(prefix): v for k, v in filters.items() if k.startswith(prefix)}
            self.add_module(layer["name"], SynthesisLayer(layer, config["w_dim"], own))

    def layers(self) -> list[SynthesisLayer]:
        """The layers, first to last."""
        return [layer for layer in self.children() if isinstance(layer, SynthesisLayer)]

    def forward(
        self, ws: Tensor, noise: Noise = "const", transform: Tensor | None = None
    ) -> Tensor:
        x: Tensor = self.input(ws[:, 0], transform)  # [N, C, h, w]
        for row, layer in enumerate(self.layers(), start=1):
            x = layer(x, ws[:, row])  # [N, out, H, W]
        return x.float() * self.output_scale

    @torch.no_grad()
    def follow(self, ws: Tensor, rate: float) -> None:
        """Move the magnitudes that layers expect of their inputs by `rate` to those that ws make.

        A training calls it after each step (Karras et al. 2021, section 3.2).
        """
        x: Tensor = self.input(ws[:, 0])
        for row, layer in enumerate(self.layers(), start=1):
            layer.magnitude_ema.lerp_(x.square().mean(), rate)
            x = layer(x, ws[:, row])
