"""The trainer of text models: passages of the texts, each token foretold from those before it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file
from taxiway.families.text.training import network as net
from taxiway.families.text.training.export import start_of, write_model
from taxiway.families.text.training.vocabulary import END, learnt
from taxiway.training.config import TrainingConfig
from taxiway.training.datasets.text import Texts
from taxiway.training.trainer import Description, Panel, Trainer

MEASURED = 40
"""Held-out chunks that are measured at most, evenly among all."""
BEGINNINGS, WORDS, LENGTH = 3, 4, 200
"""Samples that are shown, how many words begin each, and how many characters it has."""


class TextTrainer(Trainer):
    """A GPT-2 on texts."""

    measures = ("bits",)
    bar = ("loss", "bits")
    panels = (
        Panel("bits a byte", (("loss", "of what it reads"), ("bits", "of what was held out"))),
    )
    calmer = " and a smaller --rate"

    def __init__(self, config: TrainingConfig[Any], data: Texts) -> None:
        self.config, self.settings, self.texts = config, config.settings, data
        self.device = torch.device(self.settings.get("device", "cpu"))
        self.seen, self.size = 0, 1
        self._best, self._best_at = float("inf"), 0.0

    def start(self) -> None:
        """With fresh weights and a vocabulary of these texts, or those of a model.

        Raises InvalidArgument where the texts are shorter than a passage.
        """
        torch.manual_seed(0)
        if self.config.start:
            found = start_of(Path(self.config.start))
            self._take(found.config, found.tokenizer)
            self.network.load_state_dict(found.weights)
        else:
            settings = self.settings
            tokenizer = learnt(self.texts.train, settings["vocabulary"])
            count, end = tokenizer.get_vocab_size(), tokenizer.token_to_id(END) or 0
            sizes = (settings["context"], settings["layers"], settings["width"])
            self._take(net.config_of(count, *sizes, end), tokenizer)

    def _take(self, config: dict[str, Any], tokenizer: Tokenizer) -> None:
        """A network and a vocabulary, and the texts in its tokens."""
        self.net_config, self.tokenizer = config, tokenizer
        self.network = net.built(config, self.settings["dropout"])
        self.network.to(self.device)
        self.optimiser = net.Optimiser(self.network, self.settings["rate"])
        self.context = min(self.settings["context"], config["n_positions"])
        end, ends = config["eos_token_id"], {*self.texts.ends}
        read = list[int]()
        for number, ids in enumerate(self._ids(self.texts.train)):
            read += [*ids, end] if number in ends else ids
        held = self.texts.held_out or self.texts.train[-1:]
        held = held[:: -(-len(held) // MEASURED)]
        self._held = [torch.tensor([end, *ids]) for ids in self._ids(held)]
        shown = held[:: -(-len(held) // BEGINNINGS)]
        self._beginnings = [" ".join(text.split()[:WORDS]) for text in shown]
        self._held_bytes = sum(len(text.encode()) for text in held)
        self._tokens = torch.tensor(read)
        self._per_byte = len(read) / max(sum(len(text.encode()) for text in self.texts.train), 1)
        if len(read) <= self.context:
            raise InvalidArgument(
                f"The texts have {len(read)} tokens and a passage {self.context}: give more text, "
                "or a smaller --context."
            )

    def _ids(self, texts: list[str]) -> list[list[int]]:
        return [each.ids for each in self.tokenizer.encode_batch(texts)]

    def step(self) -> dict[str, float]:
        """One batch of passages, drawn by how many were seen."""
        batch, total = self.settings["batch"], 1000 * self.config.kimg / self.settings["batch"]
        rng = np.random.default_rng(self.seen)
        starts = rng.integers(0, len(self._tokens) - self.context, batch)
        windows = torch.stack([self._tokens[at : at + self.context + 1] for at in starts])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seen)  # of the dropout
            loss = net.loss_of(self.network.train(), windows.to(self.device))
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step(net.share_of_rate(self.seen // batch, round(total)))
        self.seen += batch
        return {"loss": net.bits_a_byte(loss.item(), 1) * self._per_byte}

    def save(self, path: Path) -> None:
        state = {
            "seen": self.seen,
            "config": self.net_config,
            "tokenizer": self.tokenizer.to_str(),
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state(),
            "best": [self._best, self._best_at],
        }
        with whole_file(path) as file:
            torch.save(state, file)

    def resume(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self._take(state["config"], Tokenizer.from_str(state["tokenizer"]))
        self.network.load_state_dict(state["network"])
        self.optimiser.restore(state["optimiser"])
        self.seen, (self._best, self._best_at) = state["seen"], state["best"]

    @torch.no_grad()
    def sample(self) -> str:
        """How it goes on from beginnings that were held out, of the same seeds."""
        made = (self._written(text, seed) for seed, text in enumerate(self._beginnings))
        return "\n\n---\n\n".join(made)

    def _written(self, beginning: str, seed: int) -> str:
        end, most = self.net_config["eos_token_id"], self.net_config["n_positions"]
        given = [end, *self.tokenizer.encode(beginning).ids][: most // 2]
        ids = torch.tensor([given], device=self.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            ids = self.network.train(False).generate(
                ids, do_sample=True, temperature=0.8, top_k=40, pad_token_id=end,
                max_new_tokens=min(LENGTH // 2, most - len(given)),
            )  # fmt: skip
        return str(self.tokenizer.decode(ids[0].tolist()))[:LENGTH].strip()

    def measure(self) -> dict[str, float]:
        """Bits that each byte of the held-out texts takes it; less is better."""
        self.network.train(False)
        held = (text.to(self.device) for text in self._held)
        total = sum(net.nats(self.network, text, self.context) for text in held)
        bits = net.bits_a_byte(total, self._held_bytes)
        if bits < self._best:
            self._best, self._best_at = bits, self.seen / 1000
        return {"bits": bits}

    def warnings(self, record: Mapping[str, Any]) -> list[str]:
        if record.get("bits", 0.0) <= 1.02 * self._best:
            return []
        return [
            f"What was held out is foretold worse than at {self._best_at:.1f} kimg: it learns the "
            "texts by heart. best.safetensors is from there."
        ]

    def export(self, path: Path, whole: bool) -> None:
        write_model(path, self.network, self.net_config, self.tokenizer)

    def state_bytes(self) -> int:
        return 12 * sum(int(p.numel()) for p in self.network.parameters())

    def describe(self) -> Description:
        settings, sizes = self.settings, self.net_config
        characters, count = sum(map(len, self.texts.train)), self.network.num_parameters() / 1e6
        about = f"{characters:,} characters of text"
        vocabulary = f"a vocabulary of {sizes['vocab_size']:,}"
        how = f"batch {settings['batch']}, passages of {self.context} tokens of {vocabulary}"
        named = ["batch", "context", "rate", "dropout"]
        named += [] if self.config.start else ["vocabulary", "layers", "width"]
        options = [word for name in named for word in (f"--{name}", f"{settings[name]:g}")]
        options += ["--unwrap"] if settings.get("unwrap") else []
        return Description(
            family="text",
            summary=f"A GPT-2 of {count:.1f} million numbers that has read {about}.",
            data=f"{about}, {len(self._held)} chunks held out, on {self.device}",
            how=how,
            options=tuple(options),
        )
