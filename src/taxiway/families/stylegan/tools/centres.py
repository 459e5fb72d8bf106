"""Find centres of truncation that keep pictures varied."""

from typing import Any

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Image, Number, Text
from taxiway.core.files import write_whole
from taxiway.core.images import encode_png
from taxiway.core.tool import Job
from taxiway.families.stylegan.rendering.renderer import with_w
from taxiway.families.stylegan.rendering.sampling import w_batches
from taxiway.families.stylegan.tools import GeneratorTool
from taxiway.film.grid import columns_of, tiled
from taxiway.latent import arrays
from taxiway.latent.centres import find_centres
from taxiway.latent.sample import MAX_SEED
from taxiway.latent.space import Array

FILE, SHEET = "centres.npy", "centres.png"


class Centres(GeneratorTool):
    """Writes `centres.npy` [count, 1, w_dim], which other tools take as `centre`, and a sheet."""

    unit = "samples"
    begins_anew = True
    command = Command(
        name="centres",
        description="Find centres to truncate towards, so that pictures stay varied.",
        inputs={
            "count": Number(default=64, whole=True, min=1, max=1024, description="How many."),
            "samples": Number(default=60_000, whole=True, min=1024, max=1_000_000),
            "seed": Number(default=0, whole=True, min=0, max=MAX_SEED),
        },
        outputs={"file": Text(), "sheet": Image()},
    )

    epilog = "Then: taxiway generate MODEL --seeds 0-9 --psi 0.3 --centre DIR/centres.npy --out ..."

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        renderer = with_w(generator)
        samples = inputs["samples"]
        parts: list[Array] = []
        for part in w_batches(renderer, samples, inputs["seed"]):
            job.progress(sum(len(done) for done in parts), samples, "looking at w")
            parts.append(part)
        job.progress(samples, samples, "finding centres")
        found = find_centres(np.concatenate(parts), inputs["count"], inputs["seed"])
        write_whole(job.folder / FILE, arrays.npy_bytes(found[:, None]))
        pictures = list(renderer.images(found))
        sheet = tiled(pictures, columns_of("auto", len(pictures)))
        write_whole(job.folder / SHEET, encode_png(sheet))
        job.progress(samples, samples, FILE, preview=sheet)
        return {"file": FILE, "sheet": sheet}


SLOT = Centres
