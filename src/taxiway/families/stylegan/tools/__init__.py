"""StyleGAN's tools: one file is one tool that works on a generator (see `core.tool`)."""

from typing import TYPE_CHECKING

from taxiway.core.command import Command
from taxiway.core.model import ModelSpec
from taxiway.core.tool import Takes

if TYPE_CHECKING:
    from taxiway.families.stylegan.rendering.renderer import Renderer

DRAWN = Takes(families=("stylegan", "painter"))
"""What a tool takes that needs no w."""


class GeneratorTool:
    """What StyleGAN's tools share: which models they take, and how one is opened."""

    command: Command
    takes = Takes(families=("stylegan",))
    needs: tuple[str, ...] = ()

    def open(self, spec: ModelSpec) -> "Renderer":
        """The generator of a model, ready to be rendered. Raises as `open_renderer` does."""
        from taxiway.families.stylegan.rendering.opening import open_renderer

        return open_renderer(spec, str(spec.options.get("device") or "auto"))
