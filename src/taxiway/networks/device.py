"""Where a network runs: the devices there are, and what the processor is good at."""

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
