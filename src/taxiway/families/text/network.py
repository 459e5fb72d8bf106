"""GPT-2 (Radford et al. 2019) in numpy: one token after the other, with what it knows kept.

The product of a vector and a matrix is all the work there is; numpy does it as fast as PyTorch on a
processor, and needs a tenth of a second to be there. Of several texts at once each vector has its
own product, so that none depends on its company, while the matrix is still near the processor.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxiway.families.text.files import Sizes

Array = NDArray[np.float32]
Apply = Callable[[Array, str], Array]
Attend = Callable[[int, Array], Array]


class Memory:
    """The keys and values of the tokens of a text that were read."""

    def __init__(self, sizes: Sizes) -> None:
        heads, width = sizes.n_head, sizes.n_embd // sizes.n_head
        self.kept = np.empty((sizes.n_layer, 2, heads, sizes.n_positions, width), np.float32)
        self.read = 0

    def forget(self) -> None:
        """Begin another text."""
        self.read = 0


class Network:
    """The network; what it knows of a text is in that text's memory."""

    def __init__(self, sizes: Sizes, weights: Mapping[str, Array]) -> None:
        self.sizes, self.weights = sizes, weights
        self.head = weights.get("lm_head.weight", weights["wte.weight"])

    def begin(self) -> Memory:
        """A memory for a text."""
        return Memory(self.sizes)

    def logits(self, memory: Memory, tokens: Sequence[int]) -> Array:
        """Read further tokens, at least one, and give the logits [V] of the next one.

        `memory.read` goes up by as many; beyond the context of n_positions there is no reading on.
        """
        places = np.arange(memory.read, memory.read + len(tokens))
        x = self._through(
            tokens, places, self._linear, lambda layer, asked: self._attend(memory, layer, asked)
        )
        memory.read += len(tokens)
        return np.asarray(self.head @ self._norm(x[-1], "ln_f"))

    def each(self, memories: Sequence[Memory], tokens: Sequence[int]) -> list[Array]:
        """Read one token further in each of several texts; the logits [V] of the next ones.

        They are to the bit what each text gives alone.
        """
        if not memories:
            return []

        def attend(layer: int, asked: Array) -> Array:
            rows = zip(memories, asked, strict=True)
            return np.concatenate([self._attend(memory, layer, row[None]) for memory, row in rows])

        places = np.array([memory.read for memory in memories])
        x = self._through(tokens, places, self._row_by_row, attend)
        for memory in memories:
            memory.read += 1
        return [np.asarray(self.head @ row) for row in self._norm(x, "ln_f")]

    def _through(
        self, tokens: Sequence[int], places: NDArray[Any], apply: Apply, attend: Attend
    ) -> Array:
        """Tokens at places of their texts through all blocks: [T, D]."""
        x = self.weights["wte.weight"][[*tokens]] + self.weights["wpe.weight"][places]
        for layer in range(self.sizes.n_layer):
            x = self._layer(layer, x, apply, attend)
        return np.asarray(x)

    def _layer(self, layer: int, x: Array, apply: Apply, attend: Attend) -> Array:
        """A block [T, D] -> [T, D]: what came before is looked at, then each token for itself."""
        name = f"h.{layer}"
        asked = apply(self._norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn")  # [T, 3D]
        x = x + apply(attend(layer, asked), f"{name}.attn.c_proj")
        inner = gelu(apply(self._norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc"))
        return np.asarray(x + apply(inner, f"{name}.mlp.c_proj"))

    def _attend(self, memory: Memory, layer: int, asked: Array) -> Array:
        """Attention [T, 3D] -> [T, D] of new tokens to themselves and those read before."""
        count, begin = len(asked), memory.read
        parts = asked.reshape(count, 3, self.sizes.n_head, -1).transpose(1, 2, 0, 3)  # [3, H, T, d]
        query, kept = parts[0], memory.kept[layer, :, :, : begin + count]  # [2, H, P, d]
        kept[:, :, begin:] = parts[1:]
        scores = query @ kept[0].transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[-1]))
        if count > 1:  # no token sees one after it
            scores += np.triu(np.full((count, begin + count), -np.inf, np.float32), begin + 1)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return np.asarray((scores @ kept[1]).transpose(1, 0, 2).reshape(count, -1))  # [T, D]

    def _linear(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])

    def _row_by_row(self, x: Array, name: str) -> Array:
        weight = self.weights[f"{name}.weight"]
        made = np.empty((len(x), weight.shape[1]), np.float32)
        for row, to in zip(x, made, strict=True):
            np.dot(row, weight, out=to)
        return made + self.weights[f"{name}.bias"]

    def _norm(self, x: Array, name: str) -> Array:
        x = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((x * x).mean(-1, keepdims=True) + self.sizes.layer_norm_epsilon)
        return np.asarray(x / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])


def gelu(x: Array) -> Array:
    """The activation, by its approximation with tanh."""
    return np.asarray(0.5 * x * (1 + np.tanh(np.float32(0.79788456) * (x + 0.044715 * x * x * x))))


def choose(
    logits: Array, rng: np.random.Generator, temperature: float, top_k: int, top_p: float
) -> int:
    """A token drawn from logits [V].

    Of the `top_k` likeliest (0: all), and of these only so many as have `top_p` of the
    probability together (nucleus sampling, Holtzman et al. 2019); at temperature 0 the likeliest.
    """
    if temperature <= 0:
        return int(logits.argmax())
    order = np.argsort(-logits, kind="stable")[: top_k or None]
    scaled = logits[order].astype(np.float64) / temperature
    share = np.exp(scaled - scaled[0])
    total = np.cumsum(share / share.sum())
    last = int(np.searchsorted(total, min(top_p, 1.0))) + 1
    drawn: Any = np.searchsorted(total[:last] / total[:last][-1], rng.random())
    return int(order[min(int(drawn), len(order) - 1)])
