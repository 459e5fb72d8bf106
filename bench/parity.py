"""How far every reference checkpoint's results are from the reference: the largest difference.

    python bench/parity.py

w is in units, images relative to max|image| (the bound is 2e-5), pixels in levels of 255.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures"
ROW = "{:38} {:6} {:>8} {:>8} {:>8} {:>9} {:>7}"


def results_of(path: Path) -> dict[str, Any]:
    """The reference results; converted files share those of their original."""
    stem = path.stem.removesuffix("_legacy-stream")
    stem = stem.replace("tensorflow-stylegan2", "stylegan3repo-stylegan2")
    return dict(np.load(FIXTURES / f"{stem}.npz"))


def differences(g: Generator, expected: dict[str, Any]) -> list[float | None]:
    """w, image with noise const, without noise, transformed; pixels."""
    labels = torch.from_numpy(expected["c"]) if "c" in expected else None
    w = g.mapping(torch.from_numpy(expected["z"]), labels)
    ws = truncate(w, g.w_avg, 0.7, None, g.num_ws)
    wanted = expected["w"] if expected["w"].ndim == 2 else expected["w"][:, 0]
    found: list[float | None] = [np.abs(w.numpy() - wanted).max()]
    ways = {
        "image_psi0.7_noise_const": {},
        "image_psi0.7_noise_none": {"noise": "none"},
        "image_psi0.7_transformed": {"transform": torch.from_numpy(expected["input_transform"])}
        if "input_transform" in expected
        else {},
    }
    for key, options in ways.items():
        image = expected.get(key)
        error = None if image is None else np.abs(g.synthesis(ws, **options).numpy() - image).max()
        found.append(error and error / np.abs(image).max())
    pixels = to_uint8(g.synthesis(ws)).numpy().astype(int)
    return [*found, np.abs(pixels - expected["uint8_psi0.7_noise_const"]).max()]


@torch.inference_mode()
def main() -> None:
    print(ROW.format("checkpoint", "form", "w", "const", "none", "transform", "pixels"))
    for path in sorted(FIXTURES.glob("*.p[kt]*")):
        if path.name.startswith("container_"):  # of how files are packed there are no results
            continue
        g, expected = build_generator(read_checkpoint(path)), results_of(path)
        for name, form in {"plain": g, "fast": fast(g)}.items():
            *errors, levels = differences(form, expected)
            cells = ["-" if error is None else f"{error:.1e}" for error in errors]
            print(ROW.format(path.name, name, *cells, levels))


if __name__ == "__main__":
    main()
