"""Where a network runs: the devices there are, and what the processor is good at."""

import ctypes
import platform
from typing import NamedTuple

import torch

from taxiway.core.errors import InvalidArgument

OPTIONS = ("auto", "cpu", "cuda", "mps")


class Processor(NamedTuple):
    """The CPU, as far as it matters to a network."""

    name: str
    cores: int
    bfloat16: str | None
    """What computes in bfloat16: "amx", "avx512", "neon", or None where nothing does."""


def processor() -> Processor:
    """What this machine's CPU is and can do."""
    facts = torch.cpu.get_capabilities()
    units = {"amx": "amx_bf16", "avx512": "avx512_bf16", "neon": "bf16"}
    bfloat16 = next((unit for unit, flag in units.items() if facts.get(flag)), None)
    cores = facts.get("num_physical_cores") or torch.get_num_threads()
    return Processor(facts.get("cpu_name", facts["architecture"]), cores, bfloat16)


def devices() -> list[str]:
    """The devices that PyTorch can use here, fastest first; "cpu" is always there."""
    accelerators = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [name for name, there in accelerators.items() if there] + ["cpu"]


def gpus() -> list[str]:
    """What PyTorch knows of each GPU of NVIDIA's or AMD's, the first of which computes."""
    by = f"HIP {torch.version.hip}" if torch.version.hip else f"CUDA {torch.version.cuda}"
    found = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [
        f"{gpu.name}, {gpu.total_memory / 2**30:.0f} GB, capability {gpu.major}.{gpu.minor}, {by}"
        for gpu in found
    ]


def pick_device(option: str = "auto") -> torch.device:
    """The device for an option of `OPTIONS`; auto is the fastest kind there is.

    Raises InvalidArgument if there is no such device here.
    """
    available = devices()
    if option == "auto":
        return torch.device(available[0])
    if option not in available:
        raise InvalidArgument(
            f"'device' takes auto or {' or '.join(available)} on this machine, got {option}.",
            "device",
        )
    return torch.device(option)


def keep_digits() -> None:
    """Have a GPU compute float32 with all its digits, and sum float16 in float32, in this process.

    PyTorch by itself rounds what a convolution in float32 is given to 10 bits (TF32); float32 is
    what all else is measured by, and what a StyleGAN3's filters need.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False


def keep_freed_memory() -> bool:
    """Have this process keep the memory it frees, where the C library is glibc (returns whether).

    Every frame needs the same buffers again; giving them back in between and having them cleared
    anew took an eighth of a 256 px frame.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    trim_threshold, mmap_max = -1, -4  # from malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(mmap_max, 0) and mallopt(trim_threshold, 2**31 - 1))
