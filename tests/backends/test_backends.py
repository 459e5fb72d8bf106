"""Backends: what all of them must do."""

import sys

import numpy as np
import pytest

from paths import FIXTURES
from taxiway import backends
from taxiway.backends import Graph, Unsupported
from taxiway.checkpoint import read_checkpoint
from taxiway.core import slots
from taxiway.families.stylegan.networks.graphs import graphs_of


@pytest.mark.parametrize("name", slots.members("backends"))
@pytest.mark.parametrize("fixture", ["stylegan2-ada_32", "stylegan3-t_32"])
def test_every_backend_gives_the_references_results(name: str, fixture: str) -> None:
    backend: backends.Backend = slots.load("backends", name)("cpu")
    if (missing := backend.available()) is not None:
        assert missing.endswith(".")
        pytest.skip(missing)
    assert backend.device == "cpu"
    assert "float32" in backend.precisions()
    expected = np.load(FIXTURES / f"{fixture}.npz")
    for graph in graphs_of(read_checkpoint(FIXTURES / f"{fixture}.pkl")):
        for threads in backend.threads():
            try:
                network = backend.compile(graph, "float32", threads)
            except Unsupported as error:
                assert str(error).endswith(".")  # one sentence
                continue
            if graph.kind == "mapping":
                w = network.run({"z": expected["z"].astype(np.float32)})["w"]
                np.testing.assert_allclose(w, expected["w"][:, 0], atol=2e-5 * np.abs(w).max())
                continue
            ws = expected["w_psi0.7"].astype(np.float32)
            image = network.run({"ws": ws, "noise_mode": "const"})["image"]
            assert image.dtype == np.uint8
            reference = expected["uint8_psi0.7_noise_const"].astype(int)
            assert np.abs(image - reference).max() <= 1


def test_openvino_keeps_no_batches_of_a_large_network() -> None:
    network = pytest.importorskip("taxiway.backends.openvino.network")
    small, large = (np.broadcast_to(np.float32(0), (millions, 2**20)) for millions in (4, 16))
    assert network.sizes_of(Graph("stylegan2", {}, {"weight": small}, {})) == (8, 1)
    assert network.sizes_of(Graph("stylegan2", {}, {"weight": large}, {})) == (1,)
    assert network.sizes_of(Graph("mapping", {}, {"weight": large}, {})) == ()


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_a_large_network_computes_one_picture_after_the_other(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = pytest.importorskip(f"taxiway.backends.{name}.network")
    monkeypatch.setattr(network, "is_large", lambda graph: True)
    backend: backends.Backend = slots.load("backends", name)("cpu")
    graph = graphs_of(read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl"))[0]
    expected = np.load(FIXTURES / "stylegan2-ada_32.npz")
    ws = expected["w_psi0.7"].astype(np.float32)
    given = {"ws": np.concatenate([ws, ws[::-1]]), "noise_mode": "const"}
    image = backend.compile(graph, "float32", 1).run(given)["image"]
    reference = expected["uint8_psi0.7_noise_const"].astype(int)
    assert np.abs(image - np.concatenate([reference, reference[::-1]])).max() <= 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it of a process")
def test_no_more_threads_are_tried_than_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {3, 5})
    assert slots.load("backends", "openvino")("cpu").threads() == [1, 2]
