"""What a detector is taught by: which places stand for which box, and how wrong they are.

Places are given to boxes by how well they do already (task-aligned learning, TOOD, arXiv
2108.07755); a class's target is how well the best place covers its box; boxes by GIoU (arXiv
1902.09630).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

BEST = 10
"""Places that stand for one box at most."""
LEAST = 16.0
"""Pixels that a box is taken to be wide and high at least when places are given to it."""
BOX_WEIGHT = 3.0


class Targets(NamedTuple):
    """The boxes of a batch, [N, G, 4] in pixels, their classes [N, G], and which there are."""

    boxes: Tensor
    classes: Tensor
    real: Tensor


class Given(NamedTuple):
    """For each place: which box of its picture it stands for [N, A], how much [N, A] (0: none)."""

    box: Tensor
    worth: Tensor


def losses(boxes: Tensor, logits: Tensor, places: Tensor, targets: Targets) -> dict[str, Tensor]:
    """The two parts of the loss for predicted boxes [N, A, 4] and logits [N, A, C]."""
    given = assigned(boxes.detach(), logits.detach().sigmoid(), places, targets)
    kinds = targets.classes.gather(1, given.box)  # [N, A]
    wanted = F.one_hot(kinds, logits.shape[-1]) * given.worth[..., None]
    total = given.worth.sum().clamp(min=1)
    weight = (logits.detach().sigmoid() - wanted).abs().pow(1.5)  # the easy count for little
    weight = torch.where(wanted > 0, weight.clamp(min=0.25), weight)
    classes = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    chosen = given.worth > 0
    true = targets.boxes.gather(1, given.box[..., None].expand(-1, -1, 4))[chosen]
    missing = (1 - giou(boxes[chosen], true)) * given.worth[chosen]
    return {
        "classes": (classes * weight).sum() / total,
        "boxes": BOX_WEIGHT * missing.sum() / total,
    }


def assigned(boxes: Tensor, scores: Tensor, places: Tensor, targets: Targets) -> Given:
    """Which places stand for which boxes."""
    count, most = targets.classes.shape
    overlap = iou(targets.boxes[:, :, None], boxes[:, None])  # [N, G, A]
    kinds = targets.classes[:, None].expand(count, scores.shape[1], most)
    sure = scores.gather(2, kinds).transpose(1, 2)  # [N, G, A]
    allowed = inside(places, targets.boxes) & targets.real[..., None]
    fit = (sure.sqrt() * overlap.pow(6) + 1e-12) * allowed
    best = fit.topk(min(BEST, fit.shape[-1]), dim=-1)
    taken = torch.zeros_like(fit).scatter(2, best.indices, (best.values > 0).to(fit.dtype))
    # A place in several boxes stands for the one that it covers best.
    claims = torch.where(taken > 0, overlap + 1e-6, torch.zeros_like(overlap))
    box = claims.argmax(dim=1)  # [N, A]
    fit = fit * taken * F.one_hot(box, most).transpose(1, 2)
    covered = (overlap * (fit > 0)).amax(-1, keepdim=True)
    worth = fit / fit.amax(-1, keepdim=True).clamp(min=1e-12) * covered.clamp(min=0.05)
    return Given(box, worth.amax(dim=1))


def inside(places: Tensor, boxes: Tensor) -> Tensor:
    """Whether places [A, 2] lie in boxes [N, G, 4], of which small ones are widened: [N, G, A]."""
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    away = (places - middle[:, :, None]).abs()  # [N, G, A, 2]
    return (away < half.clamp(min=LEAST / 2)[:, :, None]).all(dim=-1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """How much boxes [..., 4] have in common, 0..1."""
    shared, together = _areas(a, b)
    return shared / together


def giou(a: Tensor, b: Tensor) -> Tensor:
    """The same, less what of the box around both neither covers: -1..1."""
    shared, together = _areas(a, b)
    sides = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    around = sides.prod(-1).clamp(min=1e-6)
    return shared / together - (around - together) / around


def _areas(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    sides = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    shared = sides.clamp(min=0).prod(-1)
    own = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    return shared, (own - shared).clamp(min=1e-6)
