"""A manager that starts nothing: two cards, and models that a test puts into any state."""

from typing import Any

from taxiway.core.errors import NotFound
from taxiway.live.model_manager import RunningModel

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
    """Notes what it was asked; models start at slot 0 and are STARTING until a test says more."""

    def __init__(self, url: str = "http://localhost:8000") -> None:
        self.url = url
        self.started: dict[str, RunningModel] = {}
        self.asked: list[tuple[str, dict[str, Any] | None]] = []

    def models(self) -> list[dict[str, Any]]:
        return [RAINBOW, PORTED, UNKNOWN]

    def running(self) -> list[RunningModel]:
        return list(self.started.values())

    async def start(
        self, model: str, options: dict[str, Any] | None = None, command: str | None = None
    ) -> RunningModel:
        self.asked.append((model, options))
        card = next(card for card in self.models() if card["name"] == model)
        return self.begin(card)

    async def stop(self, name: str) -> None:
        if name not in self.started:
            raise NotFound(f"No model named '{name}' runs.")
        del self.started[name]

    def begin(self, card: dict[str, Any]) -> RunningModel:
        """Add a running model, as if somebody had started it."""
        self.started[card["name"]] = model = RunningModel(
            name=card["name"],
            title=card["title"],
            card=card,
            slot=len(self.started),
            state="starting",
            message="",
            url=self.url,
            port=8000,
            socketio_port=3000,
            osc_port=57100,
            osc_reply_port=57200,
        )
        return model

    def run(self, name: str, info: dict[str, Any] = INFO) -> None:
        """Let a model be set up."""
        self.started[name].state, self.started[name].info = "running", info
