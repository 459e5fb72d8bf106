"""Points in a picture, and what a picture shows as a whole, by the names that sketches read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from taxiway.catalog.processing import OnnxOutput
from taxiway.core.errors import ModelFailed
from taxiway.onnx_files.after import Seen, done, planes_of, softmax
from taxiway.onnx_files.before import Array
from taxiway.vision import face_points

TOP = 5
"""Classes that are told of a picture."""


def answer(tensors: Sequence[Array], wanted: OnnxOutput, seen: Seen) -> dict[str, Any]:
    """`points` [K][x, y] from 0 to 1, and `labels`, a name or number for each.

    Beside them what sketches of both generations read of faces: `faces`, the points of each (one),
    and `landmarks`, their groups in pixels.
    """
    _, at = seen.at(wanted)
    if at is None:
        raise ModelFailed("Points are found in a picture, and the network takes none.")
    x = done(np.asarray(tensors[0], np.float32), wanted)
    found = peaks(x, wanted) if wanted.decode == "heatmap" else pairs(x, wanted, at.network)
    points = at.back(found).astype(float)
    named = labels_of(len(points), wanted.names)
    return {
        "points": points.tolist(),
        "labels": named,
        "faces": [points.tolist()],
        "landmarks": [groups(points * at.size, named, bool(wanted.names))],
        "size": {"width": at.size[0], "height": at.size[1]},
    }


def labels_of(count: int, names: Sequence[str]) -> list[str]:
    """What each point is of: by its name, of a face's 68, 468 or 478 by its group, or a number."""
    if not names and count in face_points.COUNTS:
        return face_points.labels(count)
    return [names[place] if place < len(names) else str(place) for place in range(count)]


def groups(pixels: Array, named: Sequence[str], is_named: bool) -> dict[str, Any]:
    """The old generation's groups of a face's points [N, 2]; of others those of one name."""
    if not is_named and len(pixels) in face_points.COUNTS:
        return dict(face_points.grouped(pixels))
    found: dict[str, Any] = {}
    for label, place in zip(named, pixels.tolist(), strict=True):
        found.setdefault(label, []).append(place)
    return found


def pairs(x: Array, wanted: OnnxOutput, network: tuple[int, int]) -> Array:
    """Points [K, 2] given as numbers: pixels of the network's picture, or what `range` says."""
    width = x.shape[-1] if x.ndim > 2 and x.shape[-1] in (2, 3) else 0
    flat = x.reshape(-1)
    width = width or (3 if wanted.names and flat.size == 3 * len(wanted.names) else 2)
    if flat.size % width:
        raise ModelFailed(f"The network gave {flat.size} numbers, which are no points.")
    low, high = wanted.range or (0.0, 1.0)
    size = (1, 1) if wanted.range else network
    return np.asarray((flat.reshape(-1, width)[:, :2] - low) / (high - low) / size)


def peaks(x: Array, wanted: OnnxOutput) -> Array:
    """Points [K, 2] where each of K maps is highest, between its pixels by their neighbours."""
    maps = np.moveaxis(planes_of(x, wanted.layout), 2, 0)  # [K, h, w]
    height, width = maps.shape[1:]
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)), mode="edge")
    found = []
    for plane, edged in zip(maps, padded, strict=True):
        y, x0 = divmod(int(plane.argmax()), width)
        around = edged[y : y + 3, x0 : x0 + 3]
        weight = np.maximum(around - around.min(), 0)
        total = max(float(weight.sum()), 1e-12)
        dx = float((weight.sum(0) * (-1, 0, 1)).sum()) / total
        dy = float((weight.sum(1) * (-1, 0, 1)).sum()) / total
        found.append(((x0 + dx + 0.5) / width, (y + dy + 0.5) / height))
    return np.array(found).reshape(-1, 2)


def classes(tensors: Sequence[Array], wanted: OnnxOutput, seen: Seen) -> dict[str, Any]:
    """The likeliest of all classes and the few after it, with their probabilities."""
    row = np.asarray(tensors[0], np.float32).reshape(1, -1)
    likely = (done(row, wanted) if wanted.post else softmax(row, 1))[0]
    first = int(wanted.background == "first")
    order = np.argsort(-likely[first:], kind="stable")[: min(TOP, wanted.most)]
    names, scores = wanted.names, [float(likely[first:][each]) for each in order]
    labels = [names[each] if each < len(names) else str(each) for each in map(int, order)]
    results = [
        {"className": label, "probability": score}
        for label, score in zip(labels, scores, strict=True)
    ]
    return {"label": labels[0], "labels": labels, "scores": scores, "results": results}
