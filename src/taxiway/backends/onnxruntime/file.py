"""An ONNX file of somebody else's as onnxruntime runs it."""

from pathlib import Path

from taxiway.backends import Arrays, Inputs
from taxiway.backends.onnxruntime.network import options_for
from taxiway.backends.onnxruntime.providers import Provider


class FileNetwork:
    """A file for a provider and a number of threads; arrays under its own names in and out."""

    def __init__(self, path: Path, provider: Provider, threads: int) -> None:
        self.session = provider.session(str(path), options_for(threads))
        self.names = [each.name for each in self.session.get_outputs()]

    def run(self, inputs: Inputs) -> Arrays:
        return dict(zip(self.names, self.session.run(self.names, dict(inputs)), strict=True))
