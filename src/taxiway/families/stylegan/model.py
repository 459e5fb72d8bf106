"""StyleGAN 1, 2 and 3 as a model: z, a seed or w in, a picture out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.checkpoint.reader import holds_generator
from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Category, File

if TYPE_CHECKING:
    from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer


class StyleGAN:
    """One generator, from a checkpoint of any layout that the reader knows."""

    title = "StyleGAN"
    summary = "Your own StyleGAN2 or StyleGAN3, from NVIDIA's, rosinality's or Taxiway's files."
    deterministic = True
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(description="The checkpoint's file."),
        "precision": Category(
            one_of=("auto", "float32", "bfloat16", "float16"),
            description="auto is the fastest that this machine does well, measured at the start.",
        ),
        "backend": Category(
            one_of=("auto", *slots.members("backends")),
            description="What computes it: auto is the fastest, measured at the start.",
        ),
        "directions": File(
            is_directory=True,
            optional=True,
            description="A folder of directions, each a new input.",
        ),
        "class_centres": Boolean(
            description="Truncate towards each class's middle; NVIDIA's tools take that of all.",
        ),
    }
    input_types = ("vector", "number", "category", "boolean")
    commands: dict[str, Command]
    facts: dict[str, Any]
    renderer: "GeneratorRenderer"

    @staticmethod
    def imports() -> Sequence[str]:
        """What takes long to import; PyTorch only if models may be played with it here."""
        from taxiway.choosing import likely

        torch = (
            "taxiway.backends.torch.network",
            "taxiway.families.stylegan.networks.build",
            "taxiway.families.stylegan.networks.fast",
        )
        return [
            "taxiway.families.stylegan.rendering.opening",
            *(torch if "torch" in likely() else ()),
        ]

    @staticmethod
    def opens(path: str) -> bool:
        """Whether a file holds a generator of a known layout; its numbers are not read."""
        return Path(path).is_file() and holds_generator(path)

    @staticmethod
    def example(command: str) -> Values:
        """With noise that does not change from call to call."""
        return {"noise_mode": "const"}

    def setup(self, device: str, options: Values) -> None:
        """Read the checkpoint and compile its networks as they are fastest here.

        Raises NotFound, UnreadableCheckpoint or InvalidArgument.
        """
        from taxiway.families.stylegan.rendering.opening import open_model
        from taxiway.families.stylegan.rendering.options import map_command

        self.renderer, command, self._facts, self._dials = open_model(
            options["checkpoint"],
            device,
            options["precision"],
            options.get("directions"),
            options.get("class_centres", False),
            options.get("backend", "auto"),
        )
        self._mapping = map_command(command)
        self._declare()

    def spare_work(self) -> Iterator[bool]:
        """Make previews ready, and measure the dials of a checkpoint played for the first time."""
        if self.renderer.preview is not None:
            self.renderer.preview.prepare()
            yield False
        before = self._dials.dials
        for _ in self._dials.work():
            yield False
        if self._dials.dials is not before:
            self._declare()
            yield True

    def _declare(self) -> None:
        """What it takes and says of itself, with the dials that are known."""
        played = self._dials.command(), self._mapping
        self.commands = {each.name: each for each in played if each is not None}
        self.facts = self._dials.facts(self._facts)

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        """Pictures uint8 [H, W, 3]; calls of the same noise and place are synthesized at once.

        Of `map` the ws [num_ws, w_dim].
        """
        if command == "map":
            return [{"w": self.renderer.ws_of(call)} for call in batch]
        return [{"image": picture} for picture in self.renderer.answer(batch)]


SLOT = StyleGAN
