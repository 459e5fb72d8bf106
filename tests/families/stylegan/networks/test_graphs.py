"""What is written down in operations gives the references' results, and needs no PyTorch."""

import re
import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest

from fuzz import every
from paths import FIXTURES
from taxiway import backends
from taxiway.backends import Graph
from taxiway.backends.onnxruntime_gpu import is_installed
from taxiway.backends.torch import TorchBackend
from taxiway.catalog import catalog
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.core import slots
from taxiway.families.stylegan.networks.graphs import WRITTEN, graphs_of, near
from taxiway.latent.truncation import truncate

PICTURES = re.compile(r"uint8_psi([\d.]+)(?:_cutoff(\d+))?_noise_(const|none)")
STEMS = {
    "rosinality_32_legacy-stream": "rosinality_32",
    "tensorflow-stylegan2_32": "stylegan3repo-stylegan2_32",
}


@cache
def opened(name: str) -> Checkpoint:
    return read_checkpoint(FIXTURES / name)


CHECKPOINTS = [
    path.name
    for path in sorted(FIXTURES.glob("*.p[kt]*"))
    if re.search("stylegan[123]|stylegan-xl|rosinality", path.name)
]
"""By their names: every worker imports this file, and reading them all takes seconds."""


@pytest.fixture(scope="module", params=slots.members("backends"))
def backend(request: pytest.FixtureRequest) -> backends.Backend:
    """Each backend that is here, on the processor; WebGPU's on the GPU that it finds."""
    on_gpu = request.param == "onnxruntime_gpu" and is_installed("onnxruntime-ep-webgpu")
    made: backends.Backend = slots.load("backends", request.param)("auto" if on_gpu else "cpu")
    if (missing := made.available()) is not None:
        pytest.skip(missing)
    return made


def expected_of(name: str) -> dict[str, Any]:
    stem = name.rsplit(".", 1)[0]
    return dict(np.load(FIXTURES / f"{STEMS.get(stem, stem)}.npz"))


def test_there_are_checkpoints_of_every_kind() -> None:
    assert len(CHECKPOINTS) == 21
    assert all(opened(name).family in WRITTEN for name in CHECKPOINTS)


@pytest.mark.parametrize("name", every(3, CHECKPOINTS))
def test_it_gives_the_references_results(name: str, backend: backends.Backend) -> None:
    checkpoint, expected = opened(name), expected_of(name)
    synthesis, mapping = (backend.compile(g, "float32", 1) for g in graphs_of(checkpoint))
    given = {"z": expected["z"].astype(np.float32)}
    if "c" in expected:
        given["c"] = expected["c"].astype(np.float32)
    w = mapping.run(given)["w"]
    wanted = expected["w"] if expected["w"].ndim == 2 else expected["w"][:, 0]
    assert np.abs(w - wanted).max() <= 1e-6 * np.abs(wanted).max()
    found = [(key, match) for key in expected if (match := PICTURES.fullmatch(key))]
    assert found
    for key, match in found:
        cutoff = match[2] and int(match[2])
        centre, rows = checkpoint.tensors["mapping.w_avg"], checkpoint.config["num_ws"]
        if "mapping.class_w_avg" in checkpoint.tensors:  # StyleGAN-XL
            centre = (given["c"] @ checkpoint.tensors["mapping.class_w_avg"])[:, None]
        ws = truncate(w, centre, float(match[1]), cutoff, rows)
        image = synthesis.run({"ws": ws, "noise_mode": match[3]})["image"]
        kept = image[: len(expected[key])].astype(int)  # of large pictures the first is kept
        assert np.abs(kept - expected[key]).max() <= 1


FASTGANS = sorted(path.name for path in FIXTURES.glob("projected-gan_fastgan*.pkl"))


@pytest.mark.parametrize("name", FASTGANS)
def test_a_fastgan_gives_the_references_results(name: str, backend: backends.Backend) -> None:
    checkpoint, expected = opened(name), expected_of(name)
    synthesis, mapping = (backend.compile(g, "float32", 1) for g in graphs_of(checkpoint))
    given = {key: expected[key].astype(np.float32) for key in ("z", "c") if key in expected}
    rows = mapping.run(given)["w"][:, None]
    image = synthesis.run({"ws": rows, "noise_mode": "const"})["image"]
    kept = image[: len(expected["uint8"])].astype(int)
    assert np.abs(kept - expected["uint8"]).max() <= 1


def synthesis_of(name: str) -> Graph:
    return graphs_of(opened(name))[0]


def test_noise_is_there_not_there_or_drawn_anew(backend: backends.Backend) -> None:
    graph = synthesis_of("stylegan2-ada_32.pkl")
    network = backend.compile(graph, "float32", 1)

    def image(mode: str) -> Any:
        return network.run({**graph.example, "noise_mode": mode})["image"].astype(int)

    assert (image("const") == image("const")).all()
    assert (image("random") != image("random")).any()
    assert (image("const") != image("none")).any()
    spread = np.abs(image("random") - image("none")).mean()
    assert 0.5 < spread / np.abs(image("const") - image("none")).mean() < 2


def test_a_picture_is_the_same_in_any_company(backend: backends.Backend) -> None:
    graph = synthesis_of("stylegan2-ada_32.pkl")
    network = backend.compile(graph, "float32", 1)
    ws = np.concatenate([near(graph.example["ws"]) * factor for factor in (0.5, 0.8, 1, 1.2)])
    together = network.run({"ws": ws})["image"].astype(int)  # 12: more than one batch
    alone = np.concatenate([network.run({"ws": each[None]})["image"] for each in ws])
    assert np.abs(together - alone).max() <= 1


def test_lower_precision_stays_near(backend: backends.Backend) -> None:
    card = catalog.choose("rainbow")
    graph = graphs_of(read_checkpoint(catalog.spec(card).options["checkpoint"]))[0]
    assert graph.trial is not None
    exact = backend.compile(graph, "float32", 1).run(graph.trial)
    for precision in backend.precisions():
        quick = backend.compile(graph, precision, 1).run(graph.trial)
        off = np.abs(quick["image"].astype(int) - exact["image"])
        if isinstance(backend, TorchBackend):  # an upscaler sharpens edges, and what they are off
            assert off.mean() <= 0.4
            nearly_all, all_but_few = np.quantile(off, (0.999, 0.9999))
            assert nearly_all <= 6
            assert all_but_few <= 13
        else:
            assert off.mean() <= 0.1
            assert off.max() <= 2


@pytest.mark.parametrize(
    ("name", "other"), [("openvino", "onnxruntime"), ("onnxruntime", "openvino")]
)
def test_one_backend_plays_a_model_where_there_is_no_torch(name: str, other: str) -> None:
    pytest.importorskip(name)
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys\nsys.modules['torch'] = sys.modules['{other}'] = None\n"
            "from taxiway.families.stylegan.rendering.opening import open_model\n"
            f"opened = open_model({str(FIXTURES / 'stylegan2-ada_32.pkl')!r}, 'auto', 'auto')\n"
            "renderer, facts = opened.renderer, opened.facts\n"
            "ws = renderer.ws(renderer.z_of_seeds([1, 2]), 0.7)\n"
            "print(facts['backend'], renderer.images(ws).shape)",
        ],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert said.stdout == f"{name} (2, 32, 32, 3)\n", said.stderr
