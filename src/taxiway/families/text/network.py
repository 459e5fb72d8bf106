"""GPT-2 (Radford et al. 2019) in numpy: one token after the other, with what it knows kept.

The product of a vector and a matrix is all the work there is; numpy does it as fast as PyTorch on a
processor, and needs a tenth of a second to be there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxiway.families.text.files import Sizes

Array = NDArray[np.float32]


class Network:
    """The network, and the keys and values of the tokens that it has read."""

    def __init__(self, sizes: Sizes, weights: Mapping[str, Array]) -> None:
        self.sizes, self.weights = sizes, weights
        self.head = weights.get("lm_head.weight", weights["wte.weight"])
        heads, width = sizes.n_head, sizes.n_embd // sizes.n_head
        self._kept = np.empty((sizes.n_layer, 2, heads, sizes.n_positions, width), np.float32)
        self.read = 0

    def forget(self) -> None:
        """Begin another text."""
        self.read = 0

    def logits(self, tokens: Sequence[int]) -> Array:
        """Read further tokens, at least one, and give the logits [V] of the next one.

        `read` goes up by as many; beyond the context of n_positions there is no reading on.
        """
        begin, end = self.read, self.read + len(tokens)
        weights = self.weights
        x = weights["wte.weight"][[*tokens]] + weights["wpe.weight"][begin:end]  # [T, D]
        for layer in range(self.sizes.n_layer):
            x = self._layer(layer, x)
        self.read = end
        return np.asarray(self.head @ self._norm(x[-1], "ln_f"))

    def _layer(self, layer: int, x: Array) -> Array:
        """A block [T, D] -> [T, D]: what came before is looked at, then each token for itself."""
        name = f"h.{layer}"
        asked = self._linear(self._norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn")  # [T, 3D]
        x = x + self._linear(self._attend(layer, asked), f"{name}.attn.c_proj")
        inner = gelu(self._linear(self._norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc"))
        return np.asarray(x + self._linear(inner, f"{name}.mlp.c_proj"))

    def _attend(self, layer: int, asked: Array) -> Array:
        """Attention [T, 3D] -> [T, D] of new tokens to themselves and those read before."""
        count, begin = len(asked), self.read
        parts = asked.reshape(count, 3, self.sizes.n_head, -1).transpose(1, 2, 0, 3)  # [3, H, T, d]
        query, kept = parts[0], self._kept[layer, :, :, : begin + count]  # [2, H, P, d]
        kept[:, :, begin:] = parts[1:]
        scores = query @ kept[0].transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[-1]))
        if count > 1:  # no token sees one after it
            scores += np.triu(np.full((count, begin + count), -np.inf, np.float32), begin + 1)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return np.asarray((scores @ kept[1]).transpose(1, 0, 2).reshape(count, -1))  # [T, D]

    def _linear(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])

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
