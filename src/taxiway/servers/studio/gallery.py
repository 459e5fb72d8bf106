"""What the Models screen shows: every model, one's own and trained ones too, with a picture."""

from pathlib import Path

from msgspec.structs import replace

from taxiway.catalog import catalog, listing
from taxiway.catalog.catalog import HERE, Card
from taxiway.catalog.folder import data_path
from taxiway.catalog.kept import KeptModels
from taxiway.catalog.listing import Entry
from taxiway.catalog.store.shelf import Shelf
from taxiway.jobs.trainings import Trainings
from taxiway.live.presets.state_folder import folder_prefix
from taxiway.servers.studio.training_routes import PLACES
from taxiway.training.run_folder import Summary, TrainingFolder

SHOWN = (".png", ".jpg")
PICTURES = HERE / "pictures"
"""What models that come with us made, by their names."""


class Gallery:
    """All models of this machine."""

    def __init__(self, kept: KeptModels, trainings: Trainings) -> None:
        self.shelf = Shelf()
        self._kept, self._trainings = kept, trainings

    def entries(self) -> list[Entry]:
        """Every model: those of the catalogue, then what was sent, then what was trained."""
        sent = [listing.of_card(card, "own") for card in self._kept.cards()]
        found = [*listing.entries(self.shelf), *sent, *self._trained()]
        for entry in found:
            entry.has_picture = self.picture(entry.name) is not None
        return found

    def picture(self, name: str) -> Path | None:
        """The newest picture that a model made here; else one that comes with us, or none."""
        if name.startswith(PLACES):
            training = self._trainings.find(name.removeprefix(PLACES))
            sheets = [sheet.name for sheet in training.sheets() if sheet.name.endswith(SHOWN)]
            return training.sheet(sheets[-1]) if sheets else None
        found = (data_path() / "live").glob(f"{folder_prefix(name)}-????????/pictures/*.jpg")
        newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
        ours = (path for path in PICTURES.glob("*.jpg") if path.stem == name)
        return newest or next(ours, None)

    def _trained(self) -> list[Entry]:
        """Trainings that have made a model."""
        return [
            listing.of_card(trained_card(training, summary), "trained")
            for summary in self._trainings.all()
            if (training := self._trainings.find(summary.name)).has_model
        ]


def trained_card(training: TrainingFolder, summary: Summary) -> Card:
    """What the newest model of a training says of itself, and how far that is."""
    plain = Card(name="", family="", title="", summary="Trained here.")
    said = catalog.trained(training.model(training.models()[0].name)) or plain
    far = f"{said.summary} {summary.message}"
    return replace(said, name=PLACES + summary.name, title=summary.title, summary=far)
