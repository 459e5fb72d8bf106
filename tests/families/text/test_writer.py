"""The model that ships: it foretells a page of a book that it has not read, and writes."""

import math

import numpy as np

from taxiway.catalog import catalog
from taxiway.core.command import Values
from taxiway.families.text.model import GPT2

HELD_OUT = (
    "This smoke (or flame, perhaps, would be the better word for it) was so bright that the "
    "deep blue sky overhead and the hazy stretches of brown common towards Chertsey, set with"
    " black pine trees, seemed to darken abruptly as these puffs arose, and to remain the "
    "darker after their dispersal. At the same time a faint hissing sound became audible.\n\n"
    "Beyond the pit stood the little wedge of people with the white flag at its apex, "
    "arrested by these phenomena, a little knot of small vertical black shapes upon the black"
    " ground. As the green smoke arose, their faces flashed out pallid green, and faded again"
    " as it vanished. Then slowly the hissing passed into a humming, into a long, loud, "
    "droning noise. Slowly a humped shape rose out of the pit, and the ghost of a beam of "
    "light seemed to flicker out from it."
)
"""Of "The War of the Worlds" (H. G. Wells, 1898), from a chunk that was kept for measuring."""


def opened() -> GPT2:
    model = GPT2()
    model.setup("cpu", catalog.spec(catalog.card("writer")).options)
    return model


def test_it_foretells_what_it_has_not_read_better_than_the_trial_did() -> None:
    writer = opened()._writer
    network, ids = writer.network, writer.beginning() + writer.tokens.encode(HELD_OUT)
    memory = network.begin()
    nats = 0.0
    for number, wanted in enumerate(ids[1:], 1):
        if memory.read == writer.context:
            memory.forget()
            network.logits(memory, ids[number - writer.context // 2 : number - 1])
        logits = network.logits(memory, [ids[number - 1]]).astype(float)
        nats += float(np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[wanted])
    assert nats / math.log(2) / len(HELD_OUT) < 1.95  # ten minutes of training came to 2.06


def test_it_writes_words_and_sentences_without_pytorch() -> None:
    model = opened()
    call: Values = model.commands["generate"].decode({"prompt": "The Time Traveller", "seed": 5})
    *_, answers = model.predict("generate", [call])
    assert isinstance(answers, list)
    text = answers[0]["text"]
    assert text.startswith("The Time Traveller")
    assert 18 < len(text) <= 218
    common = {"the", "a", "and", "of", "to", "I", "in", "was", "it", "that", "his", "my", "had"}
    assert len(common & {*text.split()}) >= 3


def test_its_card_says_what_it_is() -> None:
    card = catalog.card("writer")
    assert (card.family, card.licence, card.needs, card.error) == ("text", "Apache-2.0", [], "")
    assert card.metrics["bits"] < 1.9
    assert "H. G. Wells" in card.data
