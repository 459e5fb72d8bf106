"""The network that learns: transformers' GPT-2, made anew or from a checkpoint, and its steps."""

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

HEAD = 32
"""Numbers to an attention head."""
WARM = 50
"""Steps until the rate of learning is what was asked for."""


def built(config: dict[str, Any], dropout: float) -> GPT2LMHeadModel:
    """A network with fresh weights; `config` as a hub's config.json has it."""
    parts = {"resid_pdrop": dropout, "embd_pdrop": dropout, "attn_pdrop": 0.0}
    return GPT2LMHeadModel(GPT2Config(**{**config, **parts}))


def config_of(tokens: int, context: int, layers: int, width: int, end: int) -> dict[str, Any]:
    """What config.json says of a network made anew; `end` is the token that ends a text."""
    sizes = {"n_positions": context, "n_embd": width, "n_layer": layers, "n_head": width // HEAD}
    return {"vocab_size": tokens, **sizes, "bos_token_id": end, "eos_token_id": end}


class Optimiser:
    """Muon for the matrices (Jordan et al. 2024), AdamW for what is left.

    Muon takes a third fewer passages than AdamW alone to the same loss here; its rate is `rate`,
    AdamW's a twentieth of it, which for 0.02 is the usual 0.001.
    """

    def __init__(self, network: nn.Module, rate: float) -> None:
        named = [*network.named_parameters()]
        inner = [p for name, p in named if p.ndim == 2 and ".h." in name]
        outer = [p for name, p in named if p.ndim != 2 or ".h." not in name]
        self.parts: list[tuple[torch.optim.Optimizer, float]] = [
            (torch.optim.Muon(inner, lr=rate, weight_decay=0.01), rate),
            (torch.optim.AdamW(outer, lr=rate / 20, betas=(0.9, 0.95), weight_decay=0), rate / 20),
        ]
        self._all = [*inner, *outer]

    def step(self, share: float) -> None:
        """Follow the gradients at a share of the rate, and forget them."""
        torch.nn.utils.clip_grad_norm_(self._all, 1.0)
        for optimiser, rate in self.parts:
            for group in optimiser.param_groups:
                group["lr"] = rate * share
            optimiser.step()
            optimiser.zero_grad()

    def state(self) -> list[dict[str, Any]]:
        return [optimiser.state_dict() for optimiser, _ in self.parts]

    def restore(self, states: Iterable[dict[str, Any]]) -> None:
        for (optimiser, _), state in zip(self.parts, states, strict=True):
            optimiser.load_state_dict(state)


def share_of_rate(steps: int, total: int) -> float:
    """Up to 1 within the first steps, then down to nothing in the latter half of all of them."""
    return min((steps + 1) / WARM, 1.0) * min(1.0, max(2 * (1 - steps / max(total, 1)), 0.01))


def loss_of(network: GPT2LMHeadModel, windows: Tensor) -> Tensor:
    """The mean loss in nats a token of windows [B, T + 1] of tokens, each after those before it."""
    with halved(windows.device):
        logits = network(windows[:, :-1]).logits  # [B, T, V]
    return nn.functional.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten())


def halved(device: torch.device) -> AbstractContextManager[Any]:
    """Products in bfloat16, on devices that compute in it themselves."""
    knows = device.type == "cpu" or (device.type == "cuda" and torch.cuda.is_bf16_supported(False))
    return torch.autocast(device.type, torch.bfloat16) if knows else nullcontext()


@torch.no_grad()
def nats(network: GPT2LMHeadModel, text: Tensor, context: int) -> float:
    """The loss of a text [T + 1] after its first token, summed.

    Every token but those of the beginning has at least half a context before it.
    """
    total, done, last = 0.0, 0, len(text) - 1
    while done < last:
        begin = max(0, done - context // 2)
        window = text[begin : begin + context + 1]
        logits = network(window[None, :-1]).logits[0, done - begin :].float()
        told = nn.functional.cross_entropy(logits, window[1 + done - begin :], reduction="sum")
        total += float(told)
        done = begin + len(window) - 1
    return total


def bits_a_byte(nats: float, bytes_: int) -> float:
    """A loss told so that models with other tokens can be compared."""
    return nats / math.log(2) / max(bytes_, 1)
