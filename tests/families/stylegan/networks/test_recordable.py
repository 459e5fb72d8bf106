"""What is recorded on a GPU must stay there: no network may go by the computer's own memory."""

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.overrides import TorchFunctionMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from paths import FIXTURES  # noqa: E402
from taxiway.checkpoint import read_checkpoint  # noqa: E402
from taxiway.families.stylegan.networks import build_generator, stylegan3  # noqa: E402
from taxiway.families.stylegan.networks.graphs import graphs_of  # noqa: E402
from taxiway.families.stylegan.networks.layers import bendable  # noqa: E402

BENCH = FIXTURES.parents[1] / "bench"
ELSEWHERE = torch.device("meta")
"""Stands for a GPU: its tensors have shapes and no numbers, so that nobody can look at one."""
MADE_HERE = (torch.tensor, torch.as_tensor, torch.from_numpy)


class Watched(TorchFunctionMode):
    """Keeps what was called that has to do with a tensor of the processor's."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves((args, kwargs, result)) if isinstance(x, torch.Tensor)]
        if func in MADE_HERE or any(each.device.type == "cpu" for each in tensors):
            self.seen.append(func.__name__)
        return result


@pytest.mark.parametrize(
    "name",
    [
        "stylegan1_64.pkl",
        "stylegan2-ada_32_labels5_mapping8.pkl",
        "stylegan2-ada_32_resnet.pkl",
        "stylegan3-t_32.pkl",
        "projected-gan_fastgan_128_cond.pkl",
    ],
)
def test_a_call_of_a_network_stays_on_its_device(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stylegan3, "full_precision", lambda x: nullcontext())  # knows no "meta"
    checkpoint = read_checkpoint(FIXTURES / name)
    synthesis, mapping = graphs_of(checkpoint)
    layer = bendable(checkpoint.family, checkpoint.tensors)[-1]
    for graph, words in ((synthesis, {}), (synthesis, {"layer": layer}), (mapping, {})):
        assert graph.torch is not None
        call = graph.torch(torch.float16, ELSEWHERE)
        for count in (1, 2):
            given = {
                key: torch.empty(count, *value.shape[1:], device=ELSEWHERE)
                if isinstance(value, np.ndarray)
                else value
                for key, value in graph.example.items()
            }
            with torch.inference_mode(), Watched() as watched:
                outputs = call(**given, **words)
            assert watched.seen == []
            assert {each.device for each in outputs.values()} == {ELSEWHERE}


def test_the_plain_form_of_the_bench_computes_on_a_gpu_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(BENCH)
    import plain_stylegan2 as plain

    generator = build_generator(read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")).to(ELSEWHERE)
    ws = torch.empty(2, generator.num_ws, generator.w_dim, device=ELSEWHERE)
    with torch.inference_mode(), Watched() as watched:
        plain.synthesis(generator, ws)
    assert set(watched.seen) == {"to"}  # the filter is taken there first
