"""StyleGAN2 and StyleGAN3 as a model family: what it declares; `playing` does it, with torch."""

from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.checkpoint.reader import holds_generator
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, File

if TYPE_CHECKING:
    from taxiway.families.stylegan.playing import Playing


class StyleGAN:
    """One generator, from a checkpoint of any layout that the reader knows."""

    title = "StyleGAN"
    summary = "Your own StyleGAN2 or StyleGAN3, from NVIDIA's, rosinality's or Taxiway's files."
    deterministic = True
    imports = ("taxiway.families.stylegan.playing",)
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(description="The checkpoint's file."),
        "precision": Category(
            one_of=("auto", "float32", "bfloat16", "float16"),
            description="auto is the fastest that this machine does well, measured at the start.",
        ),
        "directions": File(
            is_directory=True,
            optional=True,
            description="A folder of directions, each a new input.",
        ),
    }
    commands: dict[str, Command]
    facts: dict[str, Any]
    playing: "Playing"

    @staticmethod
    def opens(path: str) -> bool:
        """Whether a file holds a generator of a known layout; its numbers are not read."""
        return holds_generator(path)

    def setup(self, device: str, options: Values) -> None:
        """Read the checkpoint, build the network and choose its fastest form.

        Raises NotFound, UnreadableCheckpoint or InvalidArgument.
        """
        from taxiway.families.stylegan.playing import Playing

        self.playing = Playing(device, options)
        self.commands, self.facts = self.playing.commands, self.playing.facts

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return self.playing.predict(batch)


SLOT = StyleGAN
