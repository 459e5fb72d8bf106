"""How near projection comes, and how much sooner than when it is done plainly.

    python bench/projection.py [PICTURES]

Rainbow, 64 px, 200 steps. Plainly: the network as the paper has it, float32, each picture by
itself, from w_avg, Adam at 0.1 on w itself; the same distance. CPU time of one thread. Goals: own
pictures 30 dB and 10 dB over w_avg; unseen ones: w+ over w over the nearest of 1,000 samples.
Also the principal components of 100,000 w (goal: under 5 s) and pivotal tuning (goal: 1 dB more,
while other pictures stay within 30 dB).
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

import plain_stylegan2 as plain
from side_by_side import compare, ratio
from taxiway.catalog import catalog
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.families.stylegan.directions.components import components
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.generator import Generator, to_uint8
from taxiway.families.stylegan.projection.loss import distance, psnr, pyramid
from taxiway.families.stylegan.projection.projector import Projection, Search, to_target
from taxiway.families.stylegan.projection.pti import Tuning
from taxiway.families.stylegan.projection.sampling import sample_w
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer
from taxiway.painting import paint

STEPS = 200


class Plain:
    """The search done plainly, for one picture."""

    def __init__(self, g: Generator, target: Tensor) -> None:
        self.g, self.levels = g, pyramid(target)
        self.w = g.w_avg[None].clone().requires_grad_()
        self.adam = torch.optim.Adam([self.w], 0.1)
        self.search, self.done = Search(steps=STEPS, rate=0.1), 0

    def step(self) -> None:
        loss = distance(plain.synthesis(self.g, self.ws()), self.levels).sum()
        self.adam.param_groups[0]["lr"] = self.search.rate_at(min(self.done, STEPS - 1))
        self.adam.zero_grad()
        torch.autograd.backward(loss)
        self.adam.step()
        self.done += 1

    def ws(self) -> Tensor:
        return self.w[:, None].expand(-1, self.g.num_ws, -1)


def rainbow() -> Checkpoint:
    """The model that comes with Taxiway."""
    return read_checkpoint(catalog.spec(catalog.card("rainbow")).options["checkpoint"])


def own(g: Generator, count: int) -> Tensor:
    """Pictures that the model made, psi 1, as files have them."""
    z = torch.from_numpy(
        np.stack([np.random.RandomState(100 + i).randn(512) for i in range(count)])
    )
    ws = g.mapping(z.float())[:, None].expand(-1, g.num_ws, -1)
    return to_target(to_uint8(g.synthesis(ws)).numpy())


def unseen(count: int) -> Tensor:
    """Pictures of the painter that no training has seen."""
    seeds = range(1_000_000, 1_000_000 + count)
    return to_target(
        np.stack([paint(np.random.RandomState(seed).randn(512), 64) for seed in seeds])
    )


def search(g: Generator, targets: Tensor, search: Search) -> tuple[Projection, float]:
    """A projection that has taken its steps, and the CPU seconds it took, start and all."""
    start = time.thread_time()
    found = Projection(g, targets, search)
    for _ in range(search.steps):
        found.step()
    return found, time.thread_time() - start


@torch.no_grad()
def decibels(g: Generator, ws: Tensor, targets: Tensor) -> Tensor:
    """How near the pictures of ws come, in full precision: [N]."""
    return psnr(g.synthesis(ws.expand(-1, g.num_ws, -1)), targets)


def row(name: str, values: Tensor, note: str = "") -> None:
    print(f"{name:44} {values.mean():6.1f} {values.min():6.1f}   {note}", flush=True)


def quality(g: Generator, count: int) -> None:
    """How near it comes to own pictures and to unseen ones."""
    print(
        f"{'dB, ' + str(count) + ' pictures, ' + str(STEPS) + ' steps':44} {'mean':>6} {'least':>6}"
    )
    targets = own(g, count)
    row("own: w_avg", decibels(g, g.w_avg.expand(count, 1, -1), targets))
    found, seconds = search(g, targets, Search(steps=STEPS))
    row("own: nearest of 500 samples", decibels(g, found.start, targets))
    row("own: w", decibels(g, found.ws, targets), f"{seconds / count:.1f} s each, 8 together")
    slow = [Plain(g, targets[i : i + 1]) for i in range(min(count, 4))]
    for each in slow:
        for _ in range(STEPS):
            each.step()
    ws = torch.cat([each.ws().detach() for each in slow])
    row(f"own: w, plainly (the first {len(slow)})", decibels(g, ws, targets[: len(slow)]))
    targets = unseen(count)
    nearest = Projection(g, targets, Search(steps=1, candidates=1000)).start
    row("unseen: nearest of 1,000 samples", decibels(g, nearest, targets))
    for space in ("w", "w+"):
        found, _ = search(g, targets, Search(steps=STEPS, space=space))  # type: ignore[arg-type]
        row(f"unseen: {space}", decibels(g, found.ws, targets))
    tuned(g, search(g, targets[:1], Search(steps=STEPS))[0])


def tuned(g: Generator, pivot: Projection) -> None:
    """What pivotal tuning adds, and what it does to other pictures."""
    others = sample_w(g, 64, seed=9)[:, None]
    with torch.no_grad():
        before = g.synthesis(others.expand(-1, g.num_ws, -1)).clamp(-1, 1)
    tuning = Tuning(g, pivot.ws, pivot.targets)
    row("tuning: one unseen picture before", decibels(g, pivot.ws, pivot.targets))
    for _ in range(100):
        tuning.step()
    after = tuning.finished()
    row("tuning: after 100 steps", decibels(after, pivot.ws, pivot.targets))
    row("tuning: other pictures, to what they were", decibels(after, others, before))


def speed(g: Generator, rounds: int) -> None:
    """Milliseconds of a step for each picture."""
    targets = own(g, 8)
    eight, one = Projection(g, targets), Projection(g, targets[:1])
    slow = Plain(g, targets[:1])
    ways: dict[str, Callable[[], None]] = {
        "plainly": slow.step,
        "one picture": one.step,
        "eight together": eight.step,
    }
    times = compare(ways, rounds)
    times["eight together"] = [each / 8 for each in times["eight together"]]
    print(f"{'a step':20} {'ms/picture':>10} {'ratio':>7}")
    for name, each in times.items():
        print(f"{name:20} {float(np.median(each)):10.1f} {ratio(times, 'plainly', name):7.2f}")


def main(count: int = 8, rounds: int = 25) -> None:
    torch.set_num_threads(1)
    g, renderer = build_generator(rainbow()), CheckpointRenderer(rainbow())
    start = time.thread_time()
    components(renderer, 100_000)
    print(f"components of 100,000 w: {time.thread_time() - start:.1f} s", flush=True)
    speed(g, rounds)
    quality(g, count)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
