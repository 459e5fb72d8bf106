"""Random w as tensors, for what needs gradients; `rendering.sampling` gives the same as arrays."""

import torch
from torch import Tensor

from taxiway.backends.torch.device import processor
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.mapping import fast_mapping
from taxiway.families.stylegan.rendering.sampling import BATCH, z_batches


@torch.inference_mode()
def sample_w(generator: Generator, count: int, seed: int = 0) -> Tensor:
    """`count` random w float32 [count, w_dim] on the CPU, not truncated, of all classes."""
    mapping, found = fast_mapping(generator.mapping), [torch.empty(0, generator.w_dim)]
    for z, c in z_batches(generator.z_dim, generator.c_dim, count, seed, BATCH):
        given = (None if each is None else torch.from_numpy(each) for each in (z, c))
        inputs = (each if each is None else each.to(generator.device) for each in given)
        found.append(mapping(*inputs).cpu())
    return torch.cat(found)


def quick_dtype(generator: Generator) -> torch.dtype:
    """bfloat16 where a CPU computes in it: what is searched loses nothing by it."""
    quick = generator.device.type == "cpu" and processor().bfloat16
    return torch.bfloat16 if quick else torch.float32
