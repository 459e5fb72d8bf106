"""An ONNX file with its manifest, as a model: one command, answered in batches."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET

from taxiway.catalog.manifest import MOST_BYTES, Manifest, load, read
from taxiway.catalog.processing import OnnxInput, OnnxOutput
from taxiway.core.command import Values
from taxiway.core.datatypes import Image, Segmentation
from taxiway.core.errors import InvalidArgument, ModelFailed, TaxiwayError
from taxiway.onnx_files import boxes, points
from taxiway.onnx_files.after import Seen, value_of
from taxiway.onnx_files.before import (
    EXAMPLE,
    Array,
    labels_tensor,
    picture_tensor,
    placed,
    size_of,
    value_tensor,
)
from taxiway.onnx_files.declared import command_of, inputs_of, outputs_of
from taxiway.onnx_files.derived import check_plain, manifest_of
from taxiway.onnx_files.network import opened, run
from taxiway.onnx_files.reading import OnnxFile, Tensor, look
from taxiway.onnx_files.tiles import tiled

FINDERS = {"objects": boxes.answer, "points": points.answer, "classes": points.classes}
KEY = "taxiway"
"""Of a file's metadata, under which it may carry its own manifest."""


def manifest_for(file: OnnxFile, given: str | None = None) -> tuple[Manifest, str]:
    """The manifest of a file, and where it is, a noun: the one that is given, lies beside it as
    NAME.toml, is inside it, or is told from its shapes. Raises InvalidArgument."""
    beside = Path(given) if given else file.path.with_suffix(".toml")
    if beside.is_file():
        found, where = load(beside), f"'{beside.name}'"
    elif "taxiway" in (text := file.facts.get(KEY, "")) and len(text) <= MOST_BYTES:
        found, where = read(text, file.path.name), f"'{file.path.name}'"
    else:
        check_plain(file)
        found, where = manifest_of(file), "its shapes"
    if found.onnx is None:
        raise InvalidArgument(f"{where} is a manifest of another kind, '{found.kind}'.")
    return found, where


class OnnxModel:
    """A network with what comes before and after it.

    Raises NotFound, UnreadableCheckpoint, InvalidArgument or ModelFailed, each with what is wrong.
    """

    def __init__(self, path: Path, given: str | None, device: str, precision: str) -> None:
        file = look(path)
        self.manifest, where = manifest_for(file, given)
        assert self.manifest.onnx is not None
        self.inputs = inputs_of(self.manifest.onnx, file, where)
        self.outputs = outputs_of(self.manifest.onnx, file, where)
        self.tile = self._tile()
        tensors = [tensor for _, tensor in self.inputs]
        tensors += [tensor for _, found in self.outputs for tensor in found]
        self.is_batched = not self.tile and all(each.shape[:1] == (0,) for each in tensors)
        wanted = [each for each, _ in self.outputs]
        self.command = command_of(self.manifest, self.inputs, wanted, self.is_batched)
        example, _ = self.prepared(self.example())
        self.network, self.facts = opened(file, example, device, precision)
        self.check(run(self.network, example))

    def example(self) -> Values:
        """Values of all inputs to try the network with."""
        return {given.name: example_of(given, tensor) for given, tensor in self.inputs}

    def check(self, found: Mapping[str, Array]) -> None:
        """Raise ModelFailed where the network gives not what the manifest says of it."""
        wanted = (tensor.name for _, tensors in self.outputs for tensor in tensors)
        if lost := [name for name in wanted if name not in found]:
            raise ModelFailed(f"The network does not come to its output '{lost[0]}'.")
        _, seen = self.prepared(self.example())
        self.answered(
            {name: array[:1] if array.ndim else array for name, array in found.items()}, seen
        )

    def answer(self, batch: Sequence[Values]) -> list[Values]:
        """The outputs of each call, or in place of them what is wrong with it."""
        answers: list[Any] = [None] * len(batch)
        if self.tile is not None:
            return [self.guarded(self.in_tiles, call) for call in batch]
        ready: list[tuple[int, dict[str, Array], Seen]] = []
        for place, call in enumerate(batch):
            try:
                ready.append((place, *self.prepared(call)))
            except TaxiwayError as error:
                answers[place] = error
        for group in self.groups(ready):
            for (place, _, _), answer in zip(group, self.together(group), strict=True):
                answers[place] = answer
        return answers

    def guarded(self, work: Any, call: Any) -> Any:
        try:
            return work(call)
        except TaxiwayError as error:
            return error

    def groups(self, ready: Sequence[Any]) -> Iterator[list[Any]]:
        """Calls that go through the network at once: those of the same shapes, if it takes many."""
        if not self.is_batched:
            yield from ([one] for one in ready)
            return
        alike: dict[Any, list[Any]] = {}
        for one in ready:
            shapes = tuple((name, array.shape) for name, array in sorted(one[1].items()))
            alike.setdefault(shapes, []).append(one)
        yield from alike.values()

    def together(self, group: Sequence[tuple[int, dict[str, Array], Seen]]) -> list[Any]:
        """The answers of calls whose tensors are alike."""
        if len(group) > 1 and (whole := self.stacked([tensors for _, tensors, _ in group])):
            each = (
                {name: array[i : i + 1] for name, array in whole.items()} for i in range(len(group))
            )
            return [
                self.guarded(lambda both: self.answered(*both), (found, seen))
                for found, (_, _, seen) in zip(each, group, strict=True)
            ]
        return [self.guarded(self.alone, (tensors, seen)) for _, tensors, seen in group]

    def alone(self, call: tuple[dict[str, Array], Seen]) -> Values:
        """The answer of one call."""
        return self.answered(run(self.network, call[0]), call[1])

    def stacked(self, calls: Sequence[Mapping[str, Array]]) -> dict[str, Array] | None:
        """What the network gives for several calls at once.

        None where it cannot: many say that they take any number, and have a 1 inside.
        """
        try:
            tensors = {name: np.concatenate([call[name] for call in calls]) for name in calls[0]}
            found = run(self.network, tensors)
        except TaxiwayError:
            found = {}
        fits = bool(found) and all(array.shape[:1] == (len(calls),) for array in found.values())
        self.is_batched = fits
        return found if fits else None

    def prepared(self, call: Values) -> tuple[dict[str, Array], Seen]:
        """The network's tensors by name for one call, and what is needed of it afterwards."""
        tensors, pictures, places = {}, {}, {}
        for given, tensor in self.inputs:
            value = call[given.name]
            if not isinstance(given.field, Image | Segmentation):
                tensors[tensor.name] = value_tensor(value, given, tensor)
                continue
            at = placed((value.shape[1], value.shape[0]), given, tensor)
            make = picture_tensor if isinstance(given.field, Image) else labels_tensor
            tensors[tensor.name] = make(value, given, tensor, at)
            pictures[given.name], places[given.name] = value, at
        options = {name: call[name] for name in self.manifest.options if call.get(name) is not None}
        return tensors, Seen(pictures, places, options)

    def answered(self, found: Mapping[str, Array], seen: Seen) -> Values:
        """The command's outputs, of what the network gave."""
        values: Values = {}
        for wanted, tensors in self.outputs:
            arrays = [found[tensor.name] for tensor in tensors]
            if wanted.find:
                values |= FINDERS[wanted.find](arrays, wanted, seen)
            else:
                values[wanted.name] = value_of(arrays[0], wanted, seen)
        return values | {old: values[name] for old, name in self.manifest.aliases.outputs.items()}

    def in_tiles(self, call: Values) -> Values:
        """A picture part by part, put together again."""
        given, wanted = self.inputs[0][0], self.outputs[0][0]
        assert self.tile is not None

        def compute(part: Any) -> Array:
            tensors, seen = self.prepared({**call, given.name: part})
            picture = self.answered(run(self.network, tensors), seen)[wanted.name]
            return np.asarray(picture[..., :3], np.float32)

        pixels = tiled(call[given.name], self.tile, given.overlap, compute)
        old = dict.fromkeys(self.manifest.aliases.outputs, pixels)
        return {wanted.name: pixels, **old}

    def _tile(self) -> tuple[int, int] | None:
        """The size of the parts in which a picture is computed; None if it is whole."""
        first = self.inputs[0][0] if self.inputs else None
        if first is None or first.fit != "tile":
            return None
        one_each = len(self.inputs) == 1 and len(self.outputs) == 1
        if not one_each or not isinstance(self.outputs[0][0].field, Image):
            raise InvalidArgument("'tile' is for one picture in and one picture out.")
        return first.size


def example_of(given: OnnxInput, tensor: Tensor) -> Any:
    """A value of an input to try a network with, as a call has it."""
    field = given.field
    if isinstance(field, Image | Segmentation):
        width, height = size_of(given, tensor) or (EXAMPLE, EXAMPLE)
        grey = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)  # [h, w]
        if isinstance(field, Segmentation):
            known = np.array(list(field.label_to_id.values()), np.uint8)
            return known[grey % len(known)]
        return np.stack([grey] * (4 if given.channels == "RGBA" else 3), 2)
    wire = field.fallback
    if wire is UNSET or wire is None:
        wire = field.example
        if not isinstance(wire, int | float | bool | list) or not wire:
            shape = [side or 1 for side in tensor.shape]
            return np.zeros(shape) if tensor.dtype != "str" else wire
    return field.decode(given.name, wire)


__all__ = ["ModelFailed", "OnnxModel", "OnnxOutput", "manifest_for"]
