"""What a caller gives for latents: seeds as text or numbers, vectors as lists, or latents."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.latent import files
from taxiway.latent.sample import parse_seeds, z_of_seed
from taxiway.latent.space import Latent, Shape

EXAMPLES = "seeds such as 1,5-9, or lists of numbers, or objects with a 'z' or a 'w'"


def latents_of(value: Any, shape: Shape, name: str = "latents") -> list[Latent]:
    """The latents that `value` means: `"1,5-9"`, `7`, `{"z": [...]}`, an array, or a list of these.

    A Path, which no client can send, is a latent file.
    Raises InvalidArgument naming the input `name` for anything else and for none at all.
    """
    items = value if isinstance(value, (list, tuple, range)) and not is_vector(value) else [value]
    found = [latent for item in items for latent in latents_in(item, shape, name)]
    if not found:
        raise InvalidArgument(f"'{name}' takes {EXAMPLES}, got none.", name)
    return found


def is_vector(value: Sequence[Any]) -> bool:
    """Whether a list is one vector rather than several latents: seeds are whole numbers."""
    return bool(value) and all(isinstance(item, float) for item in value)


def latents_in(item: Any, shape: Shape, name: str) -> list[Latent]:
    """The latents that one item of a list means."""
    match item:
        case Latent():
            return [item]
        case Path():
            return files.read_latents(item, shape)
        case str():
            return [of_seed(seed, shape) for seed in parse_seeds(item)]
        case int() | np.integer() if not isinstance(item, bool):
            return [of_seed(int(item), shape)]
        case dict() if "seed" in item and not {"z", "w"} & item.keys():
            return latents_in(item["seed"], shape, name)
        case np.ndarray():
            return files.of_array(item.astype(np.float32), name, shape)
        case dict() | list():
            return files.of_json(item, name, shape)
    raise InvalidArgument(f"'{name}' takes {EXAMPLES}.", name)


def of_seed(seed: int, shape: Shape) -> Latent:
    """The z of a seed; InvalidArgument unless it is 0 to 2**32 - 1."""
    z = z_of_seed(seed, shape.z_dim)
    return Latent(space="z", numbers=z, seed=seed, source=f"seed{seed:04d}")
