"""GPT-2 in numpy, held against transformers'."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taxiway.families.text import files
from taxiway.families.text.network import Network, choose

LOGITS = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))


def test_its_logits_are_those_of_transformers(saved: tuple[Path, Any, Any]) -> None:
    import torch

    folder, reference, tokenizer = saved
    found = files.read(folder)
    network, ids = Network(found.sizes, found.weights), tokenizer.encode("The sea was quiet.").ids
    assert len(ids) > 6
    with torch.no_grad():
        wanted = reference(torch.tensor([ids])).logits[0].numpy()
    assert np.abs(wanted).max() > 1
    memory = network.begin()
    np.testing.assert_allclose(network.logits(memory, ids), wanted[-1], atol=1e-4)
    memory.forget()
    network.logits(memory, ids[:3])
    one_by_one = [network.each([memory], [each])[0] for each in ids[3:]]
    np.testing.assert_allclose(one_by_one, wanted[3:], atol=1e-4)


def test_texts_that_are_read_together_are_to_the_bit_what_each_is_alone(
    saved: tuple[Path, Any, Any],
) -> None:
    found = files.read(saved[0])
    network = Network(found.sizes, found.weights)
    texts = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 1], [2], [5, 5, 5]]
    alone = []
    for text in texts:
        memory = network.begin()
        alone.append([network.each([memory], [token])[0] for token in text])
    memories = [network.begin() for _ in texts]
    for step in range(6):
        going = [place for place, text in enumerate(texts) if len(text) > step]
        tokens = [texts[place][step] for place in going]
        together = network.each([memories[place] for place in going], tokens)
        for place, logits in zip(going, together, strict=True):
            np.testing.assert_array_equal(logits, alone[place][step])
    assert [memory.read for memory in memories] == [6, 4, 1, 3]


def test_an_untied_head_is_used(saved: tuple[Path, Any, Any], tmp_path: Path) -> None:
    found = files.read(saved[0])
    head = {"lm_head.weight": -found.weights["wte.weight"]}
    tied, untied = (Network(found.sizes, {**found.weights, **more}) for more in ({}, head))
    one, other = (network.logits(network.begin(), [1, 2]) for network in (tied, untied))
    np.testing.assert_allclose(one, -other, rtol=1e-5)


def drawn(**options: Any) -> set[int]:
    rng = np.random.default_rng(0)
    given = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, **options}
    return {choose(LOGITS, rng, **given) for _ in range(200)}


def test_what_is_drawn_follows_temperature_top_k_and_top_p() -> None:
    assert drawn() == {0, 1, 2, 3}
    assert drawn(temperature=0) == drawn(temperature=0.01) == {1}
    assert drawn(top_k=2) == {1, 3}
    assert drawn(top_p=0.5) == {1, 3}
    assert drawn(top_p=0.4) == drawn(top_p=0.0) == {1}
    assert drawn(top_p=7.0, top_k=99) == {0, 1, 2, 3}


def test_tokens_come_as_often_as_they_are_likely() -> None:
    rng = np.random.default_rng(1)
    found = [choose(LOGITS, rng, 1.0, 0, 1.0) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(found) / 4000, [0.1, 0.4, 0.2, 0.3], atol=0.03)


@pytest.mark.parametrize("count", [1, 5])
def test_the_tokens_of_before_are_kept(saved: tuple[Path, Any, Any], count: int) -> None:
    found = files.read(saved[0])
    network = Network(found.sizes, found.weights)
    memory = network.begin()
    network.logits(memory, [*range(count)])
    assert memory.read == count
    memory.forget()
    assert memory.read == 0
