"""The painter as a renderer, so that tools take it too."""

from collections.abc import Iterator, Sequence

import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.latent.space import Array, Latent, Shape
from taxiway.painting import paint


class PainterRenderer:
    """The painter at `size` pixels: it has z only."""

    name, sha256 = "painter", ""
    shape = Shape(512, 0, 0)
    truncates, alpha = True, False

    def __init__(self, size: int = 256) -> None:
        self.resolution = (size, size)

    def rows(self, latents: Sequence[Latent], options: RenderOptions) -> Array:
        raise InvalidArgument("The painter has z only: this needs a model with w, a StyleGAN.")

    def pictures(self, latents: Sequence[Latent], options: RenderOptions) -> Iterator[Pixels]:
        for latent in latents:
            z = np.asarray(latent.numbers)
            yield paint(z, self.resolution[0], psi=options.truncation_of(latent))
