"""From a request to wire values: a JSON body, or the parameters of an address."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import msgspec
from starlette.requests import Request

from taxiway.core.command import Command
from taxiway.core.datatypes import (
    Boolean,
    Category,
    DataType,
    File,
    Image,
    Number,
    Text,
    Vector,
    Wire,
)
from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import is_utf8
from taxiway.core.text_values import number_of
from taxiway.web import form

BIG_BODY = 2**18
"""Beyond this, decoding JSON would hold up everyone else."""
EXPLAINED_BYTES = 2**20
"""Up to this size a broken body is read again, slowly, to say what is wrong with it."""
MOST_VALUES = 2**19
"""In one body, counted by their separators: `[]` takes forty times its text in memory."""
KNOWN = (
    (b"\x1f\x8b", "gzip without a header that says so (Content-Encoding: gzip)"),
    (b"\x89PNG", "a picture by itself (PNG)"),
    (b"\xff\xd8\xff", "a picture by itself (JPEG)"),
    (b"data:", "a data URI by itself"),
    (b"<", "XML or HTML"),
    (b"--", "a form of several parts without a header that says so"),
)
"""How bodies begin that are no JSON, and what they are."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_decoder = msgspec.json.Decoder(dict[str, Wire])


async def from_request(
    request: Request, command: Callable[[], Awaitable[Command]]
) -> dict[str, Wire]:
    """Decode a request's body: JSON whatever its type says, or a form with inputs of `command`.

    Raises InvalidArgument as `from_body` does, and what `command` raises.
    """
    body = await request.body()
    work = partial(form.fields, request.headers.get("content-type", ""), body)
    fields = work() if len(body) < BIG_BODY else await asyncio.to_thread(work)
    if fields is not None:
        return from_form(await command(), fields)
    return from_body(body) if len(body) < BIG_BODY else await asyncio.to_thread(from_body, body)


def from_form(command: Command, fields: Mapping[str, str]) -> dict[str, Wire]:
    """The inputs of `command` in the text of a form's fields; a field `json` holds several.

    Other fields are left as they are. Raises InvalidArgument naming the input.
    """
    wire: dict[str, Wire] = {}
    if "json" in fields and "json" not in command.inputs:
        wire = from_body(fields["json"].encode())
        fields = {name: text for name, text in fields.items() if name != "json"}
    for key, text in fields.items():
        name = command.input_of(key) or key
        field = command.inputs.get(name)
        wire[name] = text if field is None else _of_field(name, field, text)
    return wire


def _of_field(name: str, field: DataType, text: str) -> Wire:
    if isinstance(field, (Number, Boolean)):
        return None if not text else _parse(name, field, text)
    if isinstance(field, (Text, Category, Image, File)):
        return text
    try:
        return msgspec.json.decode(f"[{text}]" if text[:1] not in ("[", "{") else text)
    except (msgspec.DecodeError, RecursionError):
        return text


def from_body(body: bytes) -> dict[str, Wire]:
    """Decode a JSON object. Raises InvalidArgument, naming the input where it can be told."""
    body = body.removeprefix(BYTE_ORDER_MARK)
    if not body.strip():
        raise InvalidArgument('The body is empty; it takes a JSON object such as {"seed": 1}.')
    if len(body) > MOST_VALUES and sum(map(body.count, b",[{")) > MOST_VALUES:
        raise InvalidArgument(f"The body holds too many values; at most {MOST_VALUES} are taken.")
    try:
        if body.lstrip().startswith(b'"'):
            # An object that was made JSON twice.
            body = msgspec.json.decode(body, type=str).encode()
        return _decoder.decode(body)
    except RecursionError:
        raise InvalidArgument("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _explained(body, error) from None


def _explained(body: bytes, error: Exception) -> InvalidArgument:
    message = str(error)
    what = next((what for start, what in KNOWN if body.startswith(start)), None)
    if what is not None:
        return InvalidArgument(f"The body is {what}; it takes a JSON object, or a form.")
    if not is_utf8(body):
        return InvalidArgument("The body is not valid UTF-8.")
    if message.startswith("Expected `object`"):
        return InvalidArgument('The body takes a JSON object such as {"seed": 1}.')
    name = _not_finite(body) if len(body) <= EXPLAINED_BYTES else None
    if name is not None:
        return InvalidArgument(f"'{name}' takes finite numbers only.", name)
    reason = message.removeprefix("JSON is malformed: ").partition(" - at")[0].rstrip(".")
    return InvalidArgument(f"The body is not valid JSON: {reason[:1].lower()}{reason[1:]}.")


def _not_finite(body: bytes) -> str | None:
    """The first input with NaN, Infinity or the like: no JSON, but some clients write it."""
    try:
        wire = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for name, value in wire.items() if isinstance(wire, dict) else ():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            return str(name)
    return None


def from_query(command: Command, given: Mapping[str, str]) -> dict[str, Wire]:
    """Read the single-valued inputs of `command` from an address; `psi` means truncation.

    Parameters it has no input for are left out. Raises InvalidArgument naming the input.
    """
    wire: dict[str, Wire] = {}
    for key, text in given.items():
        name = command.input_of(key) or key
        if name in command.inputs:
            field = command.inputs[name]
            # Decoded here, since the engine sees only one of `psi` and `truncation`.
            wire[name] = field.decode(name, _parse(name, field, text))
    return wire


def _parse(name: str, field: DataType, text: str) -> Wire:
    if isinstance(field, (Vector, Image)):
        raise InvalidArgument(f"'{name}' does not fit in an address; POST it to /query.", name)
    if isinstance(field, Number):
        return number_of(name, text)
    if isinstance(field, Boolean):
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    return text
