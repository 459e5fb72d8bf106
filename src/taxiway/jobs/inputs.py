"""A job's inputs in its folder: what is short in its record, files and long values beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, AnyType, Array, File, Wire
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import to_file_uri
from taxiway.core.parsing import Malformed, from_json
from taxiway.jobs.record import INPUTS, JobRecord, own_folder
from taxiway.jobs.uploads import Uploads, safe_name

VALUE = ".value.json"
"""How the name of an attached file ends whose content is the input itself, as JSON."""
LARGE = 4096
"""Characters of JSON from which an input is a file beside the record."""


def attach(
    record: JobRecord,
    command: Command,
    inputs: Mapping[str, Wire],
    uploads: Uploads,
    folder: Path,
) -> JobRecord:
    """The record with the inputs of its command; what does not go into it is put beside it.

    Raises NotFound for an upload that is not there, InvalidArgument or OSError.
    """
    plain: dict[str, Wire] = {}
    attached: dict[str, list[str]] = {}
    into = folder / INPUTS
    for name, value in command.named(inputs).items():
        if name not in command.inputs or value is None:
            continue
        encoded = msgspec.json.encode(value)
        if isinstance(value, dict) and value.keys() == {"uploads"}:
            if not isinstance(value["uploads"], list) or not value["uploads"]:
                raise InvalidArgument(f"'{name}' takes a list of files that were sent.", name)
            attached[name] = uploads.take(value["uploads"], into)
        elif len(encoded) > LARGE:
            own_folder(into)
            attached[name] = [safe_name(name) + VALUE]
            write_whole(into / attached[name][0], encoded)
        else:
            plain[name] = value
    return replace(record, inputs=plain, attached=attached)


def with_files(
    command: Command, inputs: Mapping[str, Wire], attached: Mapping[str, Sequence[str]], job: Path
) -> dict[str, Any]:
    """The inputs as the command decodes them, the attached ones read or as paths."""
    given: dict[str, Any] = dict(inputs)
    for name, files in attached.items():
        if name in command.inputs and files:
            paths = [job / INPUTS / file for file in files]
            given[name] = value_of(command.inputs[name], paths)
    return given


def value_of(field: AnyDataType, paths: Sequence[Path]) -> Any:
    """What files of a caller mean for an input."""
    if paths[0].name.endswith(VALUE):
        try:
            return from_json(paths[0].read_bytes())
        except Malformed as reason:
            raise InvalidArgument(f"What was kept of an input is damaged: {reason}.") from None
    if isinstance(field, Array):
        return [value_of(field.item_type, [path]) for path in paths]
    if isinstance(field, AnyType) and len(paths) > 1:
        return list(paths)
    return paths[0] if isinstance(field, (File, AnyType)) else to_file_uri(paths[0].read_bytes())
