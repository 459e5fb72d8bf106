"""SAM 2.1 or EdgeTAM as a pair of ONNX files, as the hub's exporter writes them; no PyTorch.

`vision_encoder.onnx` sees a picture, `prompt_encoder_mask_decoder.onnx` answers clicks. The memory
of films is in neither: what is followed is carried by what moves, and cut out again where it came.
"""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.core.errors import InvalidArgument, ModelFailed, UnreadableCheckpoint
from taxiway.core.images import Pixels
from taxiway.families.segmenter.network import (
    DECODER,
    ENCODER,
    Cut,
    Floats,
    Mask,
    Said,
    processing_of,
    share_of,
)
from taxiway.masking.follow import Flow
from taxiway.onnx_files.network import Arrays, opened, run
from taxiway.onnx_files.reading import OnnxFile, look
from taxiway.vision.cutting import shrunk
from taxiway.vision.opencv import opencv

PICTURE, POINTS, LABELS, BOXES = "pixel_values", "input_points", "input_labels", "input_boxes"
MASKS, SCORES = "pred_masks", "iou_scores"
KEPT = 4
FLOW_SIDE = 480
"""The longer side of the copies that are looked at for what moves."""
INNER = 3
"""Points inside of what was carried that are clicked at."""
AGREES = 0.5
"""The IoU with what was carried under which that is kept."""


class Pair:
    """Both networks. Raises UnreadableCheckpoint, or ModelFailed where nothing computes them."""

    def __init__(self, folder: Path, device: str) -> None:
        seeing, answering = look(folder / ENCODER), look(folder / DECODER)
        side = side_of(seeing)
        self.seen_names = sorted(seeing.outputs)
        check(answering, {POINTS, LABELS, *self.seen_names}, {MASKS, SCORES})
        self.has_boxes = BOXES in answering.inputs
        self.processing = processing_of(folder, side)
        blank = {PICTURE: np.zeros((1, 3, side, side), np.float32)}
        self.encoder, facts = opened(seeing, blank, device, "float32")
        features = run(self.encoder, blank)
        example = self._asked(features, Said(include=[(0.5, 0.5)]))
        self.decoder, _ = opened(answering, example, device, "float32")
        notes = ["Has no memory: follows by what moves."]
        self.facts: dict[str, Any] = {**facts, "architecture": "SAM 2, as ONNX", "notes": notes}
        self._seen = OrderedDict[bytes, Arrays]()
        self._before: tuple[Pixels, Mask] | None = None

    def cut(self, picture: Pixels, said: Said) -> Cut:
        """As the family's `Network`. A mask known before says where to look, beside the clicks."""
        told = said if said.mask is None else said._replace(**hints_of(said.mask, said))
        candidates, scores = self._candidates(picture, told)
        return Cut(candidates[int(scores.argmax())], float(scores.max()))

    def follow(self, picture: Pixels, said: Said, frame: int | None, begins: bool) -> Cut:
        """As the family's `Network`; `frame` does not count, the order does."""
        small = shrunk(picture, FLOW_SIDE)
        before = None if begins else self._before
        if said.mask is not None:
            found = Cut(np.where(said.mask, 10, -10).astype(np.float32), 1.0)
        elif said:
            found = self.cut(picture, said)
        elif before is None:
            raise InvalidArgument("Say first what to follow, by 'include', 'box' or 'mask'.")
        else:
            found = self._followed(picture, Flow().carried(*before, small))
        self._before = small, share_of(found.logits, small.shape[:2]) > 127
        return found

    def _followed(self, picture: Pixels, carried: Mask) -> Cut:
        """What is where something was carried to; that itself where nothing is like it."""
        kept = Cut(np.where(carried, 10, -10).astype(np.float32), 0.0)
        if not carried.any():
            return kept
        candidates, scores = self._candidates(picture, Said(**hints_of(carried, Said())))
        size = carried.shape[:2]
        likeness = [iou(share_of(each, (size[0], size[1])) > 127, carried) for each in candidates]
        best = int(np.argmax(likeness))
        if likeness[best] < AGREES:
            return kept
        return Cut(candidates[best], float(scores[best]))

    def _candidates(self, picture: Pixels, said: Said) -> tuple[Floats, Floats]:
        """What may be meant: logits [n, h, w], and how good each is, [n]."""
        found = run(self.decoder, self._asked(self._features(picture), said))
        masks = np.asarray(found[MASKS], np.float32)
        masks = masks.reshape(-1, *masks.shape[-2:])
        scores = np.asarray(found[SCORES], np.float32).reshape(-1)
        if len(masks) != len(scores) or not len(masks) or not np.isfinite(masks).all():
            raise ModelFailed(f"The network gives {len(masks)} masks and {len(scores)} scores.")
        return masks, np.clip(np.nan_to_num(scores), 0, 1)

    def _asked(self, features: Arrays, said: Said) -> Arrays:
        """The decoder's inputs; a box is two points, as the prompt encoder was trained."""
        places, labels = said.points
        asked = {name: features[name] for name in self.seen_names}
        asked[POINTS] = (places * self.processing.side)[None, None]
        asked[LABELS] = labels[None, None]
        return asked | ({BOXES: np.zeros((1, 0, 4), np.float32)} if self.has_boxes else {})

    def _features(self, picture: Pixels) -> Arrays:
        key = hashlib.sha256(picture.tobytes() + str(picture.shape).encode()).digest()
        if key not in self._seen:
            self._seen[key] = run(self.encoder, {PICTURE: self.processing.tensor(picture)})
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return self._seen[key]


def side_of(file: OnnxFile) -> int:
    """How many pixels the encoder takes each way. Raises UnreadableCheckpoint."""
    taken = file.inputs.get(PICTURE)
    shape = taken.shape if taken else ()
    if len(shape) != 4 or shape[1] not in (0, 3) or shape[2] != shape[3]:
        there = taken.words if taken else "none"
        raise UnreadableCheckpoint(
            f"'{file.path.name}' takes a square picture as '{PICTURE}', 1x3xNxN; it has {there}."
        )
    return shape[2] or 1024


def check(file: OnnxFile, inputs: set[str], outputs: set[str]) -> None:
    """Raise UnreadableCheckpoint where the decoder is none of the encoder's."""
    lost = sorted((inputs - {*file.inputs}) | (outputs - {*file.outputs}))
    if lost or (more := sorted({*file.inputs} - inputs - {BOXES})):
        wrong = f"lacks '{lost[0]}'" if lost else f"also wants '{more[0]}'"
        raise UnreadableCheckpoint(f"'{file.path.name}' does not go with {ENCODER}: it {wrong}.")


def hints_of(mask: Mask, said: Said) -> dict[str, Any]:
    """What a mask [H, W] says: a box around it, and clicks deep inside, beside what was said."""
    if not mask.any():
        return {"mask": None}
    cv2, (height, width) = opencv("Following a mask"), mask.shape
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = [columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height]
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    down, across = np.ogrid[:height, :width]
    inner = []
    for _ in range(INNER):
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        inner.append([(float(x) + 0.5) / width, (float(y) + 0.5) / height])
        apart = np.hypot(down - y, across - x)
        depth = np.where(apart > 3 * depth[y, x], depth, 0)
        if not depth.any():
            break
    near = [max(0.0, float(box[k])) for k in range(4)]
    return {"box": said.box or near, "include": [*inner, *said.include], "mask": None}


def iou(one: Mask, other: Mask) -> float:
    """What two masks share of what either has."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 1.0
