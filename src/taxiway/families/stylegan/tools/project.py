"""Find the numbers that make a picture, or nearly."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Category, File, Image, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.frame import flattened
from taxiway.core.images import encode_png
from taxiway.core.tool import Flag, Job
from taxiway.families.stylegan.projection.framing import CROPS, framed, parse_box
from taxiway.families.stylegan.rendering.renderer import torch_renderer_of
from taxiway.families.stylegan.tools import GeneratorTool

if TYPE_CHECKING:
    from taxiway.training.perceptual import Perceptual


class Project(GeneratorTool):
    """Writes `target.png`, `proj.png`, `projected_w.npz`, `sheet.png` and a film of the descent.

    A stopped call goes on where it was, exactly. `tune` also writes `tuned.npz`, the difference
    between the tuned model and this one, and `tuned.png`.
    """

    needs = ("torch",)
    command = Command(
        name="project",
        description="Find the w that makes a picture.",
        inputs={
            "picture": Image(channels=4),
            "crop": Category(one_of=CROPS, description="How it is made to fit."),
            "box": Text(description="left,top,right,bottom: a part of the picture, in pixels."),
            "space": Category(
                one_of=("w", "w+"), description="w stays editable; w+ comes closer to photos."
            ),
            "steps": Number(default=200, whole=True, min=1, max=100_000),
            "tune": Number(
                default=0, whole=True, min=0, max=10_000, description="Steps of pivotal tuning."
            ),
            "film": Boolean(default=True, description="A film of the descent."),
        },
        outputs={
            "w": Text(description="The file of the w."),
            "image": Image(),
            "psnr": Number(description="How near it came, in dB."),
            "psnr_start": Number(description="How near the nearest sample was."),
            "psnr_tuned": Number(default=None),
        },
    )

    options: ClassVar[dict[str, AnyDataType]] = {
        "perceptual": File(
            default=None, optional=True, description="Compare by this VGG16, too: a .pth."
        ),
        "lpips": File(default=None, optional=True, description="Its linear weights: vgg.pth."),
        "perceptual_weight": Number(default=1.0),
    }
    flags = (
        Flag(input="picture", names=("picture",), help="of any size and kind that datasets take"),
        Flag(input="box", metavar="L,T,R,B"),
        Flag(input="film", help="without a film of the descent"),
    )

    def __init__(self, perceptual: "Perceptual | None" = None) -> None:
        """`perceptual` is added to the distance."""
        self.perceptual = perceptual

    def setup(self, options: Values) -> None:
        """Read what pictures are also compared by, if a file of it is given."""
        from taxiway.training.perceptual import read_perceptual

        if options["perceptual"]:
            self.perceptual = read_perceptual(
                options["perceptual"], options["lpips"], options["perceptual_weight"]
            )
        elif options["lpips"]:
            raise InvalidArgument("--lpips takes --perceptual and a file of VGG16, too.")

    def report(self, outputs: Values, folder: Path) -> Iterator[str]:
        """How near it came, for a terminal."""
        w, near, start = outputs["w"], outputs["psnr"], outputs["psnr_start"]
        yield f"{folder / w}: {near:.1f} dB, from {start:.1f}."
        if outputs["psnr_tuned"] is not None:
            tuned = folder / "tuned.npz"
            yield f"{tuned}: {outputs['psnr_tuned']:.1f} dB. A model of its own is made of it by:"
            yield f"  taxiway convert MODEL tuned.safetensors --tuned {tuned}"
        yield f"{folder / 'sheet.png'} shows both."

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        from taxiway.families.stylegan.projection.descent import Descent

        renderer = torch_renderer_of(generator)
        box = parse_box(inputs["box"]) if inputs["box"] else None
        picture = flattened(inputs["picture"], renderer.alpha)
        target = framed(picture, renderer.resolution, inputs["crop"], box)
        write_whole(job.folder / "target.png", encode_png(target))
        descent = Descent(renderer, target, inputs, job, self.perceptual)
        descent.descend()
        return descent.finish()


SLOT = Project
