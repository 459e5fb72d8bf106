"""What every generator is to the rest of Taxiway, whatever its family."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from taxiway.checkpoint.contents import picture_size
from taxiway.families.stylegan.networks.mapping import MappingNetwork

Noise = Literal["const", "random", "none"]


class Generator(nn.Module):
    """A mapping network and a synthesis network, with the facts a caller needs about them.

    `config` is the checkpoint's own description, so that a generator can be saved again.
    `mapping(z [N, z_dim], c [N, c_dim] | None)` gives w [N, w_dim], not truncated;
    `synthesis(ws [N, num_ws, w_dim], noise)` gives float32 images [N, C, H, W], about -1..1. A
    FastGAN has no w (`num_ws` 0): there a row is z and c side by side, [N, 1, z_dim + c_dim].
    """

    def __init__(
        self, family: str, config: dict[str, Any], mapping: MappingNetwork, synthesis: nn.Module
    ) -> None:
        super().__init__()
        self.family, self.config = family, config
        self.mapping, self.synthesis = mapping, synthesis
        self.z_dim: int = config["z_dim"]
        self.w_dim: int = config["w_dim"]
        self.c_dim: int = config["c_dim"]
        self.num_ws: int = config["num_ws"]
        self.img_channels: int = config["img_channels"]
        self.resolution = picture_size(config)

    @property
    def w_avg(self) -> Tensor:
        """The average w [w_dim], towards which truncation pulls."""
        return self.mapping.w_avg

    @property
    def class_centres(self) -> "npt.NDArray[np.float32] | None":
        """The average w of each class [c_dim, w_dim], where the network has such."""
        centres = getattr(self.mapping, "class_w_avg", None)
        return None if centres is None else centres.cpu().numpy()

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.w_avg.device


def truncate(
    w: Tensor, w_avg: Tensor, psi: float = 1.0, cutoff: int | None = None, num_ws: int | None = None
) -> Tensor:
    """Pull w [N, w_dim] (or ws [N, num_ws, w_dim]) towards the average, one row per layer.

    psi 1 changes nothing and 0 gives the average; only the first `cutoff` rows are pulled.
    Returns ws [N, num_ws, w_dim]. Karras et al. 2019, appendix B. This is for tensors, as a
    training needs it; `latent.truncation` gives the very same numbers without PyTorch.
    """
    ws = w if w.ndim == 3 else w[:, None].expand(-1, num_ws or 1, -1)  # [N, num_ws, w_dim]
    if psi == 1:
        return ws
    rows = ws.shape[1] if cutoff is None else cutoff
    return torch.cat([torch.lerp(w_avg, ws[:, :rows], psi), ws[:, rows:]], dim=1)


def to_uint8(images: Tensor) -> Tensor:
    """Images [N, C, H, W] of about -1..1 -> uint8 [N, H, W, C] on the same device.

    -1 is 0 and 1 is 255; between them values are cut, not rounded, as NVIDIA's tools do.
    """
    levels = (images * 127.5 + 128).clamp(0, 255).to(torch.uint8)  # [N, C, H, W]
    return levels.permute(0, 2, 3, 1).contiguous()
