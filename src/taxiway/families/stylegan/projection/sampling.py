"""Random w as tensors, for what needs gradients; `rendering.sampling` gives the same as arrays."""

import torch
from torch import Tensor

from taxiway.backends.torch.device import processor
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.mapping import fast_mapping
from taxiway.families.stylegan.rendering.sampling import BATCH, z_batches


@torch.inference_mode()
def sample_w(generator: Generator, count: int, seed: int = 0) -> Tensor:
    """`count` random w float32 [count, w_dim] on the CPU, not truncated, without a class."""
    mapping = fast_mapping(generator.mapping)
    each = (
        mapping(torch.from_numpy(z).to(generator.device)).cpu()
        for z in z_batches(generator.z_dim, count, seed, BATCH)
    )
    return torch.cat([torch.empty(0, generator.w_dim), *each])


def quick_dtype(generator: Generator) -> torch.dtype:
    """bfloat16 where a CPU computes in it: what is searched loses nothing by it."""
    quick = generator.device.type == "cpu" and processor().bfloat16
    return torch.bfloat16 if quick else torch.float32
