"""What is told about a checkpoint: plain values, and the same as lines for people."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from taxiway.checkpoint.contents import picture_size, printable

LARGEST = 8


@dataclass(frozen=True)
class TensorReport:
    """One tensor: its dotted name within its network, its shape and the type of its numbers."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class NetworkReport:
    """One network of a file: what it is called there, its tensors and how it was configured.

    `code` tells of the source texts that came with it: their "sha256", "bytes" and "classes".
    """

    name: str
    kind: str
    tensors: list[TensorReport]
    settings: Any = None
    code: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """All that `inspect_checkpoint` tells.

    `problem` is why the file cannot be opened, None if it can; `generator` is then its "family"
    and "config". `refused` and `allowed` count what the file asks for; nothing of it was done.
    """

    name: str
    format: str
    bytes: int
    sha256: str
    contents: str
    problem: str | None
    generator: dict[str, Any] | None
    networks: list[NetworkReport]
    settings: dict[str, Any]
    refused: dict[str, int]
    allowed: dict[str, int]
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)

    def text(self) -> str:
        """The report for people, in lines."""
        return "\n".join(printable(line) for line in _lines(self))


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.name}: {report.format}, {report.bytes:,} bytes"
    yield f"SHA-256 {report.sha256}"
    yield report.problem or f"Can be opened: {_generator(report.generator or {})}."
    yield from (f"Note: {note}." for note in report.notes)
    yield f"Holds {report.contents}."
    for network in report.networks:
        yield ""
        yield from _network_lines(network)
    for name, value in report.settings.items():
        yield f"{name}: {value!s:.2000}"
    yield ""
    yield from _call_lines(report)


def _generator(generator: dict[str, Any]) -> str:
    config = generator["config"]
    height, width = picture_size(config)
    labels = f"{config['c_dim']} labels" if config["c_dim"] else "no labels"
    w = f"w of {config['w_dim']} x {config['num_ws']}" if config["num_ws"] else "no w"
    return (
        f"{generator['family']}, {width} x {height} pixels, {config['img_channels']} channels, "
        f"z of {config['z_dim']}, {w}, {labels}"
    )


def _network_lines(network: NetworkReport) -> Iterator[str]:
    numbers = sum(tensor.numbers for tensor in network.tensors)
    yield f"{network.name} ({network.kind}): {len(network.tensors)} tensors, {numbers:,} numbers"
    largest = sorted(network.tensors, key=lambda tensor: -tensor.numbers)[:LARGEST]
    for tensor in largest:
        yield f"  {tensor.name} {list(tensor.shape)} {tensor.dtype}"
    if len(network.tensors) > LARGEST:
        yield f"  ... and {len(network.tensors) - LARGEST} smaller ones"
    if network.settings:
        yield f"  settings: {network.settings!s:.2000}"
    for code in network.code:
        yield f"  embedded code, not run: {code['bytes']} bytes, SHA-256 {code['sha256']}"
        yield f"    for {', '.join(code['classes'])[:200]}"


def _call_lines(report: Report) -> Iterator[str]:
    if report.refused:
        yield "Asks for what no network needs (nothing of it was done):"
        yield from (f"  {count} x {name:.200}" for name, count in report.refused.items())
    if report.allowed:
        yield "Asks for, and gets a harmless stand-in of:"
        yield from (f"  {count} x {name:.200}" for name, count in report.allowed.items())
    if not report.refused and not report.allowed:
        yield "Asks for nothing to be called."
