"""Dials: the few directions that change a model's pictures most, measured on its own pictures.

Principal components of w (Härkönen et al. 2020) and what the styles answer to most (Shen and Zhou
2021) are tried; of the differences that they make follow the mixtures of them along which
pictures change most, each in another way. One is a dial if it changes pictures at least twice as
much as random directions of the same length; ranges are such that all dials change them by as much.
"""

import base64
import io
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image

from taxiway.core.images import Pixels
from taxiway.families.stylegan.directions.components import Components, principal, signed
from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.directions.sefa import factorize
from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer
from taxiway.families.stylegan.rendering.sampling import sample_w, w_batches

VERSION = 1
"""Of what is measured, and how."""
COUNT, TIMES = 8, 2.0
"""Dials at most, and how many times a random direction's change theirs is at least."""
SAMPLES, BATCH = 2048, 512
OF_W, OF_STYLES, MIXED = 14, 10, 12
"""Directions that are tried, of each kind, and mixtures of them that are measured."""
DRAWS = 2
"""Random directions of each length, for each picture."""
SIDE = 64
"""Pixels of the pictures that are measured."""
TOGETHER = 8
PLACES = (1.0, 2.0, 4.0)
"""Where pictures are looked at, in as much as w varies along a direction; compared at the first."""
END = 3.0
"""The value at a dial's end; there is as much again at the other."""
SHOWN = (-3.0, -1.5, 0.0, 1.5, 3.0)
SECONDS = 4.0
"""Of CPU time that pictures may take, as long as one base is looked at."""
TRUNCATION = 0.8
SEED = 17

Array = npt.NDArray[Any]
Found = TypeVar("Found")
Steps = Generator[None, None, Found]
"""Work in short steps, which in the end returns what it found."""
Small = Callable[[Array], Pixels]
"""Pictures uint8 [N, H, W, 3] of ws [N, num_ws, w_dim], small ones where the network has such."""


class Dial(Struct, frozen=True, kw_only=True):
    """One dial: its unit `vector` [w_dim], how far 1 on it goes, how many times a random direction
    of the same length it changes pictures, and `strip`, five pictures along it as a data URI."""

    vector: list[float]
    step: float
    times: float
    strip: str


class Dials(Struct, frozen=True, kw_only=True):
    """What was found among `tried` candidates."""

    found: list[Dial]
    measured: int
    version: int = VERSION


class Candidate(NamedTuple):
    """A unit vector [w_dim], and how much w varies along it."""

    vector: Doubles
    sigma: float


def measured(
    renderer: GeneratorRenderer, tensors: Mapping[str, Array], small: Small, shown: Small
) -> Steps[Dials]:
    """Measure a model's dials by its `small` pictures; their strips are of what is `shown`."""
    known = yield from known_w(renderer)
    tried = tried_first(known, tensors)
    if not tried:  # w is always the same
        return Dials(found=[], measured=0)
    eye = yield from Eye.opened(renderer, small, pictures_of(len(tried)))
    slopes = []
    for each in tried:
        _, slope = yield from eye.change([each.vector] * eye.count, each.sigma)
        slopes.append(slope)
    candidates = steepest(tried, np.stack(slopes), known)
    changes = []
    for each in candidates:
        change, _ = yield from eye.change([each.vector] * eye.count, PLACES[0] * each.sigma)
        changes.append(change)
    usual = yield from random_changes(
        eye, np.array([PLACES[0] * each.sigma for each in candidates])
    )
    times = np.array(changes) / np.maximum(usual, 1e-9)
    chosen = [int(i) for i in np.argsort(-times, kind="stable") if times[i] >= TIMES][:COUNT]
    ends = yield from ranges(eye, [candidates[i] for i in chosen], [changes[i] for i in chosen])
    found, middle = [], reduced(shown(eye.bases[:1])[0])
    for i, end in zip(chosen, ends, strict=True):
        each, step = candidates[i], candidates[i].sigma * end / END
        strip = yield from strip_of(shown, eye.bases[:1], each.vector * step, middle)
        more = round(float(times[i]), 2)
        found.append(Dial(vector=each.vector.tolist(), step=step, times=more, strip=strip))
    return Dials(found=found, measured=len(candidates))


def known_w(renderer: GeneratorRenderer) -> Steps[Components]:
    """The principal components of w, some samples at a step."""
    batches = []
    for batch in w_batches(renderer, SAMPLES, SEED, BATCH):
        batches.append(batch)
        yield
    found = principal(batches)
    yield
    return found


def steepest(tried: Sequence[Candidate], slopes: Array, known: Components) -> list[Candidate]:
    """The directions among all mixtures of those tried along which pictures change most, and each
    in another way: `slopes` [K, count, P] say how pictures change along each."""
    vectors = np.stack([each.vector for each in tried])  # [K, w_dim]
    axes, lengths, mixes = np.linalg.svd(vectors, full_matrices=False)
    kept = lengths > 0.05 * lengths[0]  # those that are no mixture of others
    shares = axes[:, kept] / lengths[kept]  # [K, kept]: mixtures of length 1
    rows = np.einsum("kr,kcp->rcp", shares, slopes).reshape(kept.sum(), -1)
    turns = np.linalg.eigh(rows @ rows.T)[1]
    found = signed((turns.T[::-1] @ mixes[kept])[:MIXED])
    return [Candidate(vector, spread(vector, known)) for vector in found]


def spread(vector: Doubles, known: Components) -> float:
    """How much w varies along a unit vector."""
    return float(np.linalg.norm((known.axes @ vector) * known.deviations))


def tried_first(known: Components, tensors: Mapping[str, Array]) -> list[Candidate]:
    """Directions worth measuring, each with how much w varies along it."""
    found = [
        Candidate(axis, float(sigma))
        for axis, sigma in zip(known.axes[:OF_W], known.deviations[:OF_W], strict=True)
    ]
    vectors, _ = factorize(tensors)
    found += [Candidate(vector, spread(vector, known)) for vector in vectors[:OF_STYLES]]
    return [each for each in found if each.sigma > 1e-6]


def pictures_of(candidates: int) -> int:
    """How many pictures a measurement draws for every base that it draws them of."""
    return 2 * (candidates + MIXED + 3 * DRAWS + 2 * COUNT) + 1


class Eye:
    """What sees how much pictures of some bases [count, num_ws, w_dim] change."""

    def __init__(self, small: Small, bases: Array, seen: Array) -> None:
        self.small, self.bases, self.seen = small, bases, seen

    @property
    def count(self) -> int:
        return len(self.bases)

    @classmethod
    def opened(cls, renderer: GeneratorRenderer, small: Small, pictures: int) -> "Steps[Eye]":
        """As many bases as there is time for."""
        w = sample_w(renderer, 4, SEED)
        bases = renderer.truncated(w, TRUNCATION, renderer.num_ws)
        first = bases[:1].repeat(TOGETHER, axis=0)
        small(first)  # compiles
        yield
        began = time.process_time()
        small(first)
        each = (time.process_time() - began) / TOGETHER
        count = max([n for n in (2, 4) if n * pictures * each < SECONDS], default=1)
        yield
        seen = glances(small(bases[:count]))
        return cls(small, bases[:count], seen)

    def change(self, vectors: npt.ArrayLike, length: float) -> Steps[tuple[float, Array]]:
        """How much pictures change on average, that far either way along a vector for each; and
        the slopes [count, P] there."""
        way = np.float32(length) * np.asarray(vectors, np.float32)[:, None]  # [count, 1, w_dim]
        moved = np.concatenate([self.bases + way, self.bases - way])
        seen = np.concatenate([glances(self.small(part)) for part in parts(moved)])
        yield
        off = seen - np.concatenate([self.seen, self.seen])
        slope = (seen[: self.count] - seen[self.count :]).reshape(self.count, -1) / (2 * length)
        return float(np.sqrt(np.square(off).mean(axis=(1, 2, 3))).mean()), slope


def parts(ws: Array) -> list[Array]:
    return [ws[at : at + TOGETHER] for at in range(0, len(ws), TOGETHER)]


def strip_of(shown: Small, base: Array, step: Array, middle: Pixels) -> Steps[str]:
    """Pictures side by side, at `SHOWN` along a dial; that in the middle is of the base."""
    pictures = []
    for place in SHOWN:
        ws = base + np.float32(place) * step.astype(np.float32)
        pictures.append(reduced(shown(ws)[0]) if place else middle)
        yield
    return data_uri(np.concatenate(pictures, axis=1))


def random_changes(eye: Eye, lengths: Doubles) -> Steps[Doubles]:
    """How much random directions of these lengths change pictures, from three lengths of them."""
    random = np.random.default_rng(SEED)
    at = np.quantile(lengths, [0, 0.5, 1])
    seen = np.zeros((DRAWS, len(at)))
    for place in np.ndindex(*seen.shape):
        vectors = random.standard_normal((eye.count, eye.bases.shape[2]))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        seen[place], _ = yield from eye.change(vectors, float(at[place[1]]))
    usual = np.maximum.accumulate(seen.mean(axis=0))
    found: Doubles = np.interp(lengths, [0, *at], [0, *usual])
    return found


def ranges(eye: Eye, chosen: Sequence[Candidate], at: Sequence[float]) -> Steps[list[float]]:
    """How far each goes, in as much as w varies along it, so that all change pictures alike."""
    curves = []
    for each, first in zip(chosen, at, strict=True):
        curve = [0.0, first]
        for place in PLACES[1:]:
            change, _ = yield from eye.change([each.vector] * eye.count, place * each.sigma)
            curve.append(change)
        curves.append(np.maximum.accumulate(curve))
    goal = min((curve[-1] for curve in curves), default=0)
    return [float(np.interp(goal, curve, [0, *PLACES])) for curve in curves]


def glances(pictures: Pixels) -> Array:
    """Pictures as numbers float32 [N, h, w, 3] of at most SIDE pixels."""
    return np.stack([reduced(each) for each in pictures]).astype(np.float32)


def reduced(picture: Pixels) -> Pixels:
    """A picture of at most SIDE pixels, each the mean of what it stands for."""
    times = max(1, max(picture.shape[:2]) // SIDE)
    return np.asarray(Image.fromarray(picture).reduce(times)) if times > 1 else picture


def data_uri(pixels: Pixels) -> str:
    """A picture as a JPEG in a data URI."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
