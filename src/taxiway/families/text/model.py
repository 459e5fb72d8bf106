"""GPT-2 as a model: a prompt in, the text that goes on from it out, as it is written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import Finished, Progress
from taxiway.families.text import files
from taxiway.families.text.network import Network
from taxiway.families.text.tokens import Tokens
from taxiway.families.text.writing import MOST as TOGETHER
from taxiway.families.text.writing import Wish, Writer, Written

MOST = 10_000
"""Characters that one call may ask for."""


def inputs(length: int, seed: int) -> dict[str, AnyDataType]:
    """Those of both commands, with the defaults that Runway's had."""
    return {
        "prompt": Text(description="How the text begins; empty for any beginning."),
        "max_characters": Number(default=length, min=8, max=1024, step=1,
                                 description="How many to write after the prompt."),
        "top_p": Number(default=0.9, min=0.1, max=1, step=0.1,
                        description="Only the likeliest words, of this probability together."),
        "seed": Number(default=seed, min=0, max=1000, step=1,
                       description="The same seed writes the same text."),
        "temperature": Number(default=0.7 if length > 100 else 1, min=0, max=2, step=0.05,
                              description="How daring: 0 is always the likeliest word."),
        "top_k": Number(default=0, min=0, max=100, step=1,
                        description="Only so many of the likeliest words; 0 is all."),
    }  # fmt: skip


ALIASES = {"input_prompt": "prompt", "length": "max_characters"}
WRITTEN = Text(description="The prompt and what was written after it.")


class GPT2:
    """One network, from a file of Taxiway's or a folder as transformers saves it."""

    title = "GPT-2"
    summary = "Text that goes on: your own GPT-2, or the hub's, from a folder of safetensors."
    deterministic = True
    imports = ("taxiway.families.text.model",)
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": Text(
            default=None, description="A folder as transformers saves one, or a file."
        )
    }
    local = ("checkpoint",)
    commands: ClassVar[dict[str, Command]] = {
        "generate": Command(
            name="generate",
            description="Write on from the prompt.",
            inputs=inputs(200, 0),
            outputs={
                "generated_text": WRITTEN,
                "text": WRITTEN,
                "encountered_end": Boolean(description="Whether the text came to its end."),
            },
            aliases=ALIASES,
            max_batch=TOGETHER,
        ),
        "generate_batch": Command(
            name="generate_batch",
            description="Write on from the prompt, as Runway's hosted models did.",
            inputs=inputs(64, 1000),
            outputs={
                "generated_text": WRITTEN,
                "encountered_end": Boolean(description="Whether the text came to its end."),
            },
            aliases=ALIASES,
            max_batch=TOGETHER,
        ),
    }
    facts: dict[str, Any]

    @staticmethod
    def opens(path: str) -> bool:
        """Whether it is a GPT-2 by its description. Raises UnreadableCheckpoint."""
        return files.opens(path)

    @staticmethod
    def described(path: str) -> Values:
        """A card: what its training wrote beside it, else the folder's or file's name."""
        from taxiway.catalog.catalog import beside

        file = files.weights_of(Path(path).resolve())
        if (card := beside(file, files.FAMILY)) is not None:
            said = ("name", "title", "summary", "licence", "made", "data", "limits", "metrics")
            return {name: getattr(card, name) for name in said} | {"checkpoint": str(file)}
        name = file.parent.name if file.name == files.WEIGHTS else file.stem
        summary = f"A GPT-2 from '{name}'."
        return {"name": name, "title": name, "summary": summary, "checkpoint": str(file)}

    def setup(self, device: str, options: Values) -> None:
        """Read it. Raises NotFound or UnreadableCheckpoint."""
        found = files.read(Path(options["checkpoint"]).expanduser())
        tokens = Tokens(found.tokenizer, found.sizes.vocab_size)
        self._writer = Writer(Network(found.sizes, found.weights), tokens)
        count = sum(array.size for array in found.weights.values())
        self.facts = {
            "device": "cpu",
            "precision": "float32",
            "notes": [
                f"{count / 1e6:.1f} million numbers, computed by numpy; it looks back "
                f"{found.sizes.n_positions} tokens"
            ],
        }

    def predict(self, command: str, batch: list[Values]) -> Iterator[list[Values] | Progress]:
        """Calls together, as many as there is memory for; parts have the texts so far."""
        answers: list[Any] = [asked(call) for call in batch]
        outputs = self.commands[command].outputs
        wishes = [(place, wish) for place, wish in enumerate(answers) if isinstance(wish, Wish)]
        for place, _ in wishes:
            answers[place] = {}
        for begin in range(0, len(wishes), self._writer.at_once):
            group = wishes[begin : begin + self._writer.at_once]
            for part in self._writer.write([wish for _, wish in group]):
                if isinstance(part, Progress):
                    yield part
                    continue
                for (place, wish), written in zip(group, part, strict=True):
                    answers[place] = answer_of(wish, written, outputs)
                done = sum(len(each.text) for each in part) / sum(wish.length for _, wish in group)
                yield Progress(min(done, 1), "Writing.")
                yield [*answers]
        if not wishes:
            yield answers


def answer_of(wish: Wish, part: Written, outputs: dict[str, AnyDataType]) -> Values:
    """The outputs that a command has of what is written so far."""
    text = wish.prompt + part.text
    made = {"generated_text": text, "text": text, "encountered_end": part.has_ended}
    return (Finished if part.is_whole else dict)({name: made[name] for name in outputs})


def asked(call: Values) -> Wish | InvalidArgument:
    """What a call asks for, or what is wrong with it, which concerns no other."""
    try:
        return wish_of(call)
    except InvalidArgument as error:
        return error


def wish_of(call: Values) -> Wish:
    """What a call asks for. Raises InvalidArgument where that is too much.

    Runway's bounds are told, not enforced: what lies outside them is taken as it is meant.
    """
    length = int(call["max_characters"])
    if not 1 <= length <= MOST:
        raise InvalidArgument(
            f"'max_characters' takes 1 to {MOST:,} characters, got {length:,}.", "max_characters"
        )
    return Wish(
        prompt=call["prompt"],
        length=length,
        seed=int(call["seed"]) % 2**32,
        temperature=call["temperature"],
        top_k=max(0, int(call["top_k"])),
        top_p=max(0.0, call["top_p"]),
    )


SLOT = GPT2
