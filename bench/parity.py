"""How far every backend's results are from the references, for every reference checkpoint.

    python bench/parity.py

w is relative to max|w| (the bound is 1e-6), pictures are in levels of 255, on average and at most:
in float32 off the references, in lower precision off the backend's own float32.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.backends import Backend, offered
from taxiway.catalog import catalog
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.latent.truncation import truncate

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures"
ROW = "{:40} {:12} {:9} {:>8} {:>8} {:>5}"
PICTURES = re.compile(r"uint8(?:_psi([\d.]+)(?:_cutoff(\d+))?_noise_(const|none))?")


def results_of(path: Path) -> dict[str, Any]:
    """The reference results; converted files share those of their original."""
    stem = path.stem.removesuffix("_legacy-stream")
    stem = re.sub("tensorflow-stylegan2_32$", "stylegan3repo-stylegan2_32", stem)
    return dict(np.load(FIXTURES / f"{stem}.npz"))


def asked(checkpoint: Checkpoint, w: Any, labels: Any, key: str) -> dict[str, Any]:
    """What gives the reference picture of a name."""
    psi, cutoff, noise = PICTURES.fullmatch(key).groups()  # type: ignore[union-attr]
    if not psi:  # FastGAN's, which has no w
        return {"ws": w[:, None], "noise_mode": "const"}
    centre = checkpoint.tensors["mapping.w_avg"]
    if "mapping.class_w_avg" in checkpoint.tensors:
        centre = (labels @ checkpoint.tensors["mapping.class_w_avg"])[:, None]
    rows = checkpoint.config["num_ws"]
    ws = truncate(w, centre, float(psi), cutoff and int(cutoff), rows)
    return {"ws": ws, "noise_mode": noise}


def off(found: Any, wanted: Any) -> tuple[float, int]:
    levels = np.abs(found[: len(wanted)].astype(int) - wanted)
    return float(levels.mean()), int(levels.max())


def of_reference(name: str, backend: Backend, path: Path) -> None:
    """A line for a checkpoint in float32, and one for each lower precision."""
    checkpoint, expected = read_checkpoint(path), results_of(path)
    synthesis, mapping = graphs_of(checkpoint)
    given = {key: expected[key].astype(np.float32) for key in ("z", "c") if key in expected}
    w = backend.compile(mapping, "float32", 1).run(given)["w"]
    distance = ""
    if "w" in expected:
        wanted = expected["w"] if expected["w"].ndim == 2 else expected["w"][:, 0]
        distance = f"{np.abs(w - wanted).max() / np.abs(wanted).max():.1e}"
    keys = [key for key in expected if PICTURES.fullmatch(key)]
    calls = {key: asked(checkpoint, w, given.get("c"), key) for key in keys}
    exact = backend.compile(synthesis, "float32", 1)
    pictures = {key: exact.run(call)["image"] for key, call in calls.items()}
    all_off = [off(pictures[key], expected[key]) for key in keys]
    told(path.name, name, "float32", distance, all_off)
    for precision in backend.precisions():
        if precision != "float32" and (name == "torch" or not synthesis.low_in_torch):
            network = backend.compile(synthesis, precision, 1)
            rest = [
                off(network.run(calls[key])["image"], pictures[key].astype(int)) for key in keys
            ]
            told(path.name, name, precision, "", rest)


def of_rainbow(name: str, backend: Backend) -> None:
    """Its lines, of the latents by which `auto` judges."""
    file = catalog.spec(catalog.choose("rainbow")).options["checkpoint"]
    graph, _ = graphs_of(read_checkpoint(file))
    exact = backend.compile(graph, "float32", 1).run(graph.trial or {})["image"].astype(int)
    for precision in backend.precisions():
        found = backend.compile(graph, precision, 1).run(graph.trial or {})["image"]
        told("rainbow", name, precision, "", [off(found, exact)])


def told(
    checkpoint: str, backend: str, precision: str, w: str, off: list[tuple[float, int]]
) -> None:
    mean, most = max(mean for mean, _ in off), max(most for _, most in off)
    print(ROW.format(checkpoint, backend, precision, w, f"{mean:.3f}", most), flush=True)


def main() -> None:
    print(ROW.format("checkpoint", "backend", "precision", "w", "mean", "most"))
    usable, _ = offered("cpu")
    for path in sorted(FIXTURES.glob("*.p[kt]*")):
        if path.name.startswith("container_"):  # of how files are packed there are no results
            continue
        for name, backend in usable.items():
            of_reference(name, backend, path)
    for name, backend in usable.items():
        of_rainbow(name, backend)


if __name__ == "__main__":
    main()
