"""An ONNX file of somebody else's as onnxruntime runs it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taxiway.backends import Arrays, Inputs
from taxiway.backends.onnxruntime.network import options_for
from taxiway.backends.onnxruntime.providers import Provider

SILENT = 4
"""What is wrong with a file is raised; it need not stand on the terminal too."""
NOISE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : |\S*/onnxruntime_src/.*?\) (?=[A-Z])")


class FileNetwork:
    """A file for a provider and a number of threads; arrays under its own names in and out."""

    def __init__(self, path: Path, provider: Provider, threads: int) -> None:
        options = options_for(threads)
        options.log_severity_level = SILENT
        with plainly():
            self.session = provider.session(str(path), options)
        self.names = [each.name for each in self.session.get_outputs()]

    def run(self, inputs: Inputs) -> Arrays:
        with plainly():
            return dict(zip(self.names, self.session.run(self.names, dict(inputs)), strict=True))


@contextmanager
def plainly() -> Iterator[None]:
    """What onnxruntime says is wrong, without the places in its own source."""
    try:
        yield
    except Exception as error:
        words = " ".join(NOISE.sub("", str(error)).split())
        raise RuntimeError(words[:300].rstrip(". ")) from None
