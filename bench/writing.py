"""Texts one after the other and together: characters a CPU second, and that they are the same."""

import time
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from taxiway.catalog.catalog import HERE
from taxiway.families.text import files
from taxiway.families.text.network import Network
from taxiway.families.text.tokens import Tokens
from taxiway.families.text.writing import Wish, Writer

LENGTH = 64
SMALL = {"n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12}
"""GPT-2 Small's, beside its vocabulary."""


def shipped() -> Writer:
    """The writer that comes with us."""
    found = files.read(HERE / "weights" / "writer.safetensors")
    tokens = Tokens(found.tokenizer, found.sizes.vocab_size)
    return Writer(Network(found.sizes, found.weights), tokens)


def small() -> Writer:
    """A network with blocks of GPT-2 Small's size and random weights; the shipped vocabulary."""
    found = files.read(HERE / "weights" / "writer.safetensors")
    sizes = replace(found.sizes, **SMALL)
    rng, width = np.random.default_rng(0), SMALL["n_embd"]
    grown = width / found.sizes.n_embd
    weights = {}
    for layer in range(SMALL["n_layer"]):
        for name, array in found.weights.items():
            if name.startswith("h.0."):
                shape = [round(side * grown) for side in array.shape]
                made = rng.standard_normal(shape, np.float32) * 0.02
                weights[name.replace("h.0.", f"h.{layer}.")] = made
    for name, shape in (("wte", (sizes.vocab_size, width)), ("wpe", (1024, width))):
        weights[f"{name}.weight"] = rng.standard_normal(shape, np.float32) * 0.02
    weights |= {"ln_f.weight": np.ones(width, np.float32), "ln_f.bias": np.zeros(width, np.float32)}
    return Writer(Network(sizes, weights), Tokens(found.tokenizer, found.sizes.vocab_size))


def wishes(count: int) -> list[Wish]:
    return [Wish("It was a", LENGTH, seed, 0.8, 40, 0.9) for seed in range(count)]


def written(writer: Writer, groups: Sequence[Sequence[Wish]]) -> tuple[list[str], float]:
    """The texts of groups that are written one after the other, and the CPU seconds."""
    began, texts = time.process_time(), list[str]()
    for group in groups:
        *_, last = writer.write(group)
        assert isinstance(last, list)
        texts += [each.text for each in last]
    return texts, time.process_time() - began


def main() -> None:
    """Eight texts of 64 characters."""
    for name, writer in (("writer", shipped()), ("blocks of GPT-2 Small", small())):
        asked = wishes(8)
        written(writer, [asked[:1]])
        times: dict[str, list[float]] = {"alone": [], "together": []}
        for _ in range(3):  # in turn, so that a busy machine is fair to both
            alone, seconds = written(writer, [[wish] for wish in asked])
            together, less = written(writer, [asked])
            assert alone == together
            times["alone"].append(seconds)
            times["together"].append(less)
        slow, fast = (8 * LENGTH / min(found) for found in times.values())
        print(f"{name:22}{slow:9.0f}{fast:9.0f} characters a CPU second, {fast / slow:.2f} times")


if __name__ == "__main__":
    main()
