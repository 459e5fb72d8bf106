"""A manager that starts nothing: two cards, and places that a test puts into any state."""

from typing import Any

from taxiway.core.errors import NotFound
from taxiway.live.model_manager import Place

Z = {"name": "z", "type": "vector", "length": 512, "samplingMean": 0, "samplingStd": 0.5}
W = {"name": "w", "type": "vector", "length": 512, "samplingMean": 0, "samplingStd": 1}
INFO = {
    "name": "generate",
    "description": None,
    "inputs": [Z, {**W, "optional": True}],
    "outputs": [{"name": "image", "type": "image", "channels": 3}],
}
RAINBOW = {"name": "rainbow", "family": "stylegan", "title": "Rainbow", "summary": "Rainbows."}
PORTED = {
    "name": "sketcher",
    "family": "port",
    "title": "Sketcher",
    "summary": "",
    "options": [
        {"name": "checkpoint", "type": "file", "extension": ".pth", "oneOf": ["a", "b"]},
        {"name": "size", "type": "number", "default": 64},
        {"name": "weights", "type": "file", "extension": ".pth"},
    ],
    "commands": [{**INFO, "name": "sketch"}],
}
UNKNOWN = {"name": "unknown", "family": "port", "title": "Unknown", "summary": ""}


class FakeDesk:
    """Notes what it was asked; places start at slot 0 and are STARTING until a test says more."""

    def __init__(self, url: str = "http://localhost:8000") -> None:
        self.url = url
        self.placed: dict[str, Place] = {}
        self.asked: list[tuple[str, dict[str, Any] | None]] = []

    def models(self) -> list[dict[str, Any]]:
        return [RAINBOW, PORTED, UNKNOWN]

    def places(self) -> list[Place]:
        return list(self.placed.values())

    async def start(
        self, model: str, options: dict[str, Any] | None = None, command: str | None = None
    ) -> Place:
        self.asked.append((model, options))
        card = next(card for card in self.models() if card["name"] == model)
        return self.place(card)

    async def stop(self, name: str) -> None:
        if name not in self.placed:
            raise NotFound(f"No model named '{name}' runs.")
        del self.placed[name]

    def place(self, card: dict[str, Any]) -> Place:
        """Put a model at its place, as if somebody had started it."""
        self.placed[card["name"]] = place = Place(
            name=card["name"],
            title=card["title"],
            card=card,
            slot=len(self.placed),
            state="starting",
            message="",
            url=self.url,
            port=8000,
            socketio_port=3000,
            osc_port=57100,
            osc_reply_port=57200,
        )
        return place

    def run(self, name: str, info: dict[str, Any] = INFO) -> None:
        """Let a place's model be set up."""
        self.placed[name].state, self.placed[name].info = "running", info
