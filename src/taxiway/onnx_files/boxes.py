"""Boxes around objects, from what detectors of the common kinds give.

Boxes are [N, 4], left, top, right, bottom in parts of the network's picture; scores [N], ids [N].
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from taxiway.catalog.processing import OnnxOutput
from taxiway.core.errors import ModelFailed
from taxiway.onnx_files.after import Seen, done, sigmoid, softmax
from taxiway.onnx_files.before import Array, Placed

STRIDES = (8, 16, 32)
"""Of YOLOX' grids, in pixels."""
CANDIDATES = 2000
"""Boxes that are compared with each other, the likeliest."""


class Found(NamedTuple):
    """Objects, the likeliest first."""

    boxes: npt.NDArray[Any]
    scores: npt.NDArray[Any]
    ids: npt.NDArray[Any]


def answer(tensors: Sequence[Array], wanted: OnnxOutput, seen: Seen) -> dict[str, Any]:
    """The objects in a picture, under all the names that sketches read."""
    _, at = seen.at(wanted)
    if at is None:
        raise ModelFailed("Objects are found in a picture, and the network takes none.")
    found = DECODERS[wanted.decode or ""](tensors, wanted, at)
    whole = objects(found, *(seen.option(each, wanted) for each in ("threshold", "iou", "most")))
    corners = at.back(whole.boxes.reshape(-1, 2, 2)).clip(0, 1).reshape(-1, 4)
    return named(Found(corners, whole.scores, whole.ids), wanted.names, at.size)


def named(found: Found, names: Sequence[str], size: tuple[int, int]) -> dict[str, Any]:
    """Objects by the names of both generations; `results` are in pixels: x, y, width, height."""
    boxes = [[float(side) for side in box] for box in found.boxes]
    labels = [names[each] if each < len(names) else str(each) for each in map(int, found.ids)]
    scores = [float(score) for score in found.scores]
    pixels = np.asarray(boxes, np.float64).reshape(-1, 4) * (*size, *size)
    pixels[:, 2:] -= pixels[:, :2]
    results = [
        {"class": label, "score": score, "bbox": box}
        for label, score, box in zip(labels, scores, pixels.round(2).tolist(), strict=True)
    ]
    return {
        "boxes": boxes, "labels": labels, "scores": scores, "results": results,
        "bounding_boxes": boxes, "bboxes": boxes, "classes": labels,
        "size": {"width": size[0], "height": size[1]},
    }  # fmt: skip


def objects(found: Found, threshold: float, iou: float, most: int) -> Found:
    """Those that are likely enough, of several boxes of one class on one thing the likeliest."""
    order = np.argsort(-found.scores, kind="stable")[:CANDIDATES]
    order = order[found.scores[order] >= threshold]
    boxes, scores, ids = found.boxes[order], found.scores[order], found.ids[order]
    is_box = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores, ids = boxes[is_box], scores[is_box], ids[is_box]
    kept = np.array(suppressed(boxes, ids, iou, int(most)), np.int64)
    return Found(boxes[kept], scores[kept], ids[kept])


def suppressed(boxes: Array, ids: Array, iou: float, most: int) -> list[int]:
    """Which boxes stay, of boxes in the order of their scores."""
    kept: list[int] = []
    left = np.arange(len(boxes))
    while left.size and len(kept) < most:
        first, left = int(left[0]), left[1:]
        kept.append(first)
        hidden = (ids[left] == ids[first]) & (overlaps(boxes[first], boxes[left]) > iou)
        left = left[~hidden]
    return kept


def overlaps(box: Array, others: Array) -> Array:
    """The intersection of a box with each of others [N, 4], over the union."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.maximum(high - low, 0).prod(1)
    areas = (others[:, 2:] - others[:, :2]).prod(1)
    return np.asarray(both / np.maximum((box[2:] - box[:2]).prod() + areas - both, 1e-12))


def detr(tensors: Sequence[Array], wanted: OnnxOutput, at: Placed) -> Found:
    """DETR, RT-DETR, D-FINE: scores [1, N, classes] and boxes [1, N, 4], centre and size."""
    logits, boxes = expected(tensors, 2, "scores and boxes")
    rows = rows_of(logits)
    if wanted.post:
        rows = done(rows[None], wanted)[0]
    else:
        rows = softmax(rows, 1) if wanted.background else sigmoid(rows)
    return likeliest(from_centres(rows_of(boxes)), rows, wanted)


def yolo(tensors: Sequence[Array], wanted: OnnxOutput, at: Placed) -> Found:
    """YOLOv5 and later: [1, N, 5 + classes] with a score for anything, or [1, 4 + classes, N].

    Boxes are centres and sizes in pixels of the network's picture, or in what `range` says.
    """
    [rows] = expected(tensors, 1, "one tensor")
    rows = rows_of(rows)
    sizes = (4 + len(wanted.names), 5 + len(wanted.names)) if wanted.names else ()
    turned = rows.shape[1] not in sizes and (
        rows.shape[0] in sizes or rows.shape[0] < rows.shape[1]
    )
    rows = rows.T if turned else rows
    first = rows.shape[1] - len(wanted.names) if wanted.names else (4 if turned else 5)
    if first not in (4, 5) or rows.shape[1] <= first:
        raise ModelFailed(
            f"'{wanted.decode}' takes 4 or 5 numbers and one for each of {len(wanted.names)} names "
            f"for a box, there are {rows.shape[1]}."
        )
    scores = rows[:, first:] * (rows[:, 4:5] if first == 5 else 1)
    return likeliest(from_centres(rows[:, :4]) / edges(wanted, at), scores, wanted)


def yolox(tensors: Sequence[Array], wanted: OnnxOutput, at: Placed) -> Found:
    """YOLOX: [1, N, 5 + classes], the places of each box still in its cell of three grids."""
    [rows] = expected(tensors, 1, "one tensor")
    rows = rows_of(rows).copy()
    cells, steps = grids(at.network)
    if len(cells) != len(rows):
        raise ModelFailed(
            f"'yolox' takes {len(cells)} boxes for {at.network[0]}x{at.network[1]} pixels, "
            f"there are {len(rows)}."
        )
    rows[:, :2] = (rows[:, :2] + cells) * steps
    rows[:, 2:4] = np.exp(np.minimum(rows[:, 2:4], 20)) * steps
    boxes = from_centres(rows[:, :4]) / (*at.network, *at.network)
    return likeliest(boxes, rows[:, 5:] * rows[:, 4:5], wanted)


def anchored(tensors: Sequence[Array], wanted: OnnxOutput, at: Placed) -> Found:
    """YOLOv3 and YOLOv4 as they come out of their convolutions: a map for each grid of cells, in
    which every anchor has place, size, a score for anything and one for each class.

    A box's middle is (s sigmoid(t) - (s - 1) / 2) into its cell, s being `scale_xy`; its sides are
    exp(t) times those of its anchor (A. Bochkovskiy and others: YOLOv4, 2020). The scores are what
    `post` makes of them: sigmoid, where the network has not done it itself.
    """
    each = len(wanted.anchors) // len(tensors)
    boxes, scores = [], []
    for number, tensor in enumerate(tensors):
        cells = cells_of(tensor, each, wanted, at)  # [h, w, A, 5 + classes]
        height, width, _, _ = cells.shape
        step = np.array([at.network[0] / width, at.network[1] / height])
        places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), 2)[:, :, None]
        scale = wanted.scale_xy[number] if wanted.scale_xy else 1.0
        middles = (sigmoid(cells[..., :2]) * scale - (scale - 1) / 2 + places) * step
        sizes = np.array(wanted.anchors[number * each : (number + 1) * each])
        sides = np.exp(np.minimum(cells[..., 2:4], 20)) * sizes
        boxes.append(np.concatenate([middles, sides], 3).reshape(-1, 4))
        scores.append(cells[..., 4:].reshape(-1, cells.shape[3] - 4))
    sure = done(np.concatenate(scores)[None], wanted)[0]
    corners = from_centres(np.concatenate(boxes)) / (*at.network, *at.network)
    return likeliest(corners, sure[:, 1:] * sure[:, :1], wanted)


ORDERS: dict[int, tuple[tuple[int, ...], ...]] = {
    3: ((0, 1, 2), (1, 2, 0)),
    4: ((0, 1, 2, 3), (1, 2, 0, 3), (2, 3, 0, 1)),
}
"""Which axes of a map may be its rows, columns, anchors and numbers, or both of these in one."""


def cells_of(tensor: Array, anchors: int, wanted: OnnxOutput, at: Placed) -> Array:
    """A map of cells as float32 [h, w, anchors, 5 + classes], whatever the order of its axes."""
    x = np.asarray(tensor, np.float32)
    x = x[0] if len(x) == 1 else x
    numbers = 5 + len(wanted.names)
    for order in ORDERS.get(x.ndim, ()):
        cells = x.transpose(order)
        rows, columns = cells.shape[:2]
        is_grid = at.network[0] * rows == at.network[1] * columns and rows <= at.network[1]
        if is_grid and cells.shape[2:] in ((anchors, numbers), (anchors * numbers,)):
            return cells.reshape(rows, columns, anchors, numbers)
    raise ModelFailed(
        f"'anchors' takes maps of cells with {anchors} times {numbers} numbers ({anchors} anchors, "
        f"5 and {len(wanted.names)} names); there is {'x'.join(map(str, tensor.shape))}."
    )


def corners(tensors: Sequence[Array], wanted: OnnxOutput, at: Placed) -> Found:
    """Ready boxes: [1, N, 6] with score and class, or boxes [1, N, 4], scores and class numbers."""
    parts = [np.asarray(each, np.float32) for each in tensors]
    if len(parts) == 1:
        rows = rows_of(parts[0])
        if rows.shape[1] != 6:
            raise ModelFailed(f"'corners' takes 6 numbers for a box, there are {rows.shape[1]}.")
        return Found(rows[:, :4] / edges(wanted, at), rows[:, 4], rows[:, 5].astype(np.int64))
    boxes = rows_of(parts[0]) / edges(wanted, at)
    if len(parts) == 2:
        return likeliest(boxes, rows_of(parts[1].reshape(len(boxes), -1)), wanted)
    return Found(boxes, parts[1].reshape(-1), parts[2].reshape(-1).astype(np.int64))


def likeliest(boxes: Array, scores: Array, wanted: OnnxOutput) -> Found:
    """The class of each box, without the one that stands for nothing."""
    if wanted.background == "first":
        scores = scores[:, 1:]
    elif wanted.background == "last":
        scores = scores[:, :-1]
    ids = scores.argmax(1)
    return Found(boxes, scores[np.arange(len(ids)), ids], ids)


def grids(size: tuple[int, int]) -> tuple[Array, Array]:
    """The cells [N, 2] of a picture's grids, across and down, and their sides [N, 1]."""
    cells, steps = [], []
    for stride in STRIDES:
        x, y = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride))
        cells.append(np.stack([x.ravel(), y.ravel()], 1))
        steps.append(np.full((x.size, 1), stride))
    return np.concatenate(cells), np.concatenate(steps)


def from_centres(boxes: Array) -> Array:
    """Corners of boxes given as centre and size."""
    half = boxes[:, 2:] / 2
    return np.asarray(np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], 1))


def edges(wanted: OnnxOutput, at: Placed) -> tuple[float, float, float, float]:
    """What the far edges of the picture are in a network's boxes: its pixels, if not said."""
    width, height = at.network if wanted.range is None else (wanted.range[1],) * 2
    return width, height, width, height


def rows_of(tensor: Array) -> Array:
    """[1, N, K] as float32 [N, K]."""
    if tensor.ndim < 2:
        raise ModelFailed(f"A detector gives rows of numbers, this network gave {tensor.size}.")
    rows: Array = np.asarray(tensor, np.float32).reshape(-1, *tensor.shape[-2:])[0]
    return rows


def expected(tensors: Sequence[Array], count: int, what: str) -> Sequence[Array]:
    """Tensors of which there must be so many."""
    if len(tensors) != count:
        raise ModelFailed(f"Objects are decoded from {what}, the manifest names {len(tensors)}.")
    return tensors


DECODERS: dict[str, Callable[[Sequence[Array], OnnxOutput, Placed], Found]] = {
    "detr": detr,
    "yolo": yolo,
    "yolox": yolox,
    "anchors": anchored,
    "corners": corners,
}
