"""GPT-2s as transformers itself saves them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel

WORDS = (
    "The sun rose, and the sea was quiet. “Where are we?” said she; it's 12 o'clock. Café, naïve."
)


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Path, GPT2LMHeadModel, Any]":
    """A folder of a random GPT-2, and its network and tokenizer."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from taxiway.families.text.training.vocabulary import learnt

    folder = tmp_path_factory.mktemp("hub") / "tiny-gpt2"
    tokenizer = learnt([WORDS] * 4, 300)
    sizes = {"n_positions": 32, "n_embd": 32, "n_layer": 2, "n_head": 2}
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=300, bos_token_id=0, eos_token_id=0, **sizes)
    network = GPT2LMHeadModel(config).eval()
    with torch.no_grad():  # fresh ones are so small that a mistake would not show
        for parameter in network.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    network.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder, network, tokenizer
