"""The models of tests of jobs: two light ones, by name."""

from collections.abc import Collection

from taxiway.core.command import Command
from taxiway.core.errors import NotFound
from taxiway.core.model import ModelSpec
from toys import Gradient, Looker

FAMILIES = {"small": "toys:Gradient", "twin": "toys:Gradient", "looker": "toys:Looker"}


class ToyModels:
    """A `jobs.runner.Models`."""

    def spec(self, name: str) -> ModelSpec:
        if name not in FAMILIES:
            raise NotFound(f"No model named '{name}'.")
        return ModelSpec(name=name, family=FAMILIES[name])

    def commands(self, name: str) -> Collection[Command]:
        if FAMILIES[name] == "toys:Looker":
            return Looker.commands.values()
        gradient = Gradient()
        gradient.setup("cpu", {"delay": 0, "length": 512, "max_batch": 4})
        return gradient.commands.values()
