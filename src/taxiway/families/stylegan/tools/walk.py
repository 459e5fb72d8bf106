"""Save the latents of a walk in one file, for other tools and for playing live."""

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Number, Text
from taxiway.core.files import write_whole
from taxiway.core.tool import Job
from taxiway.families.stylegan.rendering.renderer import Renderer
from taxiway.families.stylegan.rendering.route import WALK_FLAGS, Route, walk_inputs
from taxiway.families.stylegan.tools import DRAWN, GeneratorTool
from taxiway.latent import arrays

FILE = "walk.npz"


class WalkTool(GeneratorTool):
    """Saves `walk.npz` with `w` [N, num_ws, w_dim], or `z` [N, z_dim] of a model without w."""

    takes = DRAWN
    is_light = True
    command = Command(
        name="walk",
        description="Save the latents of a walk.",
        inputs={
            **walk_inputs(),
            "count": Number(default=120, whole=True, min=2, max=10_000, description="How many."),
        },
        outputs={"file": Text()},
    )

    flags = WALK_FLAGS

    def run(self, renderer: Renderer, inputs: Values, job: Job) -> Values:
        job.progress(0, 1)
        route = Route(renderer, inputs)
        latents = route.latents(route.walk.places(inputs["count"]))
        if renderer.shape.num_ws:
            found = {"w": renderer.rows(latents, route.options)}
        else:
            found = {"z": route.walk(route.walk.places(inputs["count"])).astype("f4")}
        write_whole(job.folder / FILE, arrays.npz_bytes(found))
        job.progress(1, 1)
        return {"file": FILE}


SLOT = WalkTool
