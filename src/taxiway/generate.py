"""Pictures of seeds, saved with all that is needed to make them again."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from taxiway.core.command import ModelSpec
from taxiway.core.datatypes import Vector
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import encode_png
from taxiway.engine import Engine
from taxiway.latent.sample import z_of_seed

AT_ONCE = 16


async def generate(
    spec: ModelSpec, seeds: Sequence[int], inputs: Mapping[str, Any], folder: Path
) -> None:
    """Write `seedNNNN.png` and `.json` to `folder` for every seed; says how far it is.

    Raises InvalidArgument for an input that the model does not have, and what the engine raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    async with Engine() as engine:
        await engine.start(spec)
        await engine.ready(spec.name)
        z_dim = check(engine, spec.name, inputs)
        with Progress(*columns) as progress:
            task = progress.add_task(spec.name, total=len(seeds))
            for first in range(0, len(seeds), AT_ONCE):
                calls = [{**inputs, "seed": seed} for seed in seeds[first : first + AT_ONCE]]
                answers = await asyncio.gather(*(engine.run(spec.name, call) for call in calls))
                for call, answer in zip(calls, answers, strict=True):
                    z = z_of_seed(call["seed"], z_dim)
                    made = {"model": spec.name, **call, "z": z.tolist()}
                    stem = folder / f"seed{call['seed']:04d}"
                    write_whole(stem.with_suffix(".png"), encode_png(answer["image"], made))
                    write_whole(stem.with_suffix(".json"), json.dumps(made).encode())
                    progress.advance(task)


def check(engine: Engine, name: str, inputs: Mapping[str, Any]) -> int:
    """Refuse inputs that the model does not have; return the length of its z."""
    known = next(iter(engine.running[name].commands.values())).inputs
    for given in inputs:
        if given not in known:
            there_are = ", ".join(known)
            raise InvalidArgument(f"'{name}' has no input '{given}'. There are: {there_are}.")
    z = known.get("z")
    if "seed" not in known or not isinstance(z, Vector):
        raise InvalidArgument(f"'{name}' takes no seeds.")
    return z.length
