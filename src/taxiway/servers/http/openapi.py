"""The OpenAPI 3.1 document of a model, derived from its command."""

from importlib.metadata import version
from typing import Any

from msgspec import UNSET

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, Boolean, Category, Image, Number, Wire

Schema = dict[str, Any]

ERROR_SCHEMA: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "input": {"type": "string"}},
}
ERRORS = {
    "400": "An input is wrong; `input` names it where it is known.",
    "403": "The Host or Origin is not allowed.",
    "413": "The body is too large.",
    "429": "Too many requests wait; try again after Retry-After.",
    "500": "The model failed.",
    "503": "The model is starting again or stopped; try again after Retry-After.",
}
GIVEN: Schema = {"not": {"type": "null"}}
"""Null stands for "not given", which is no choice where an input is needed."""
READY: Schema = {"status": "ready", "state": "running"}
FORMATS = {"png": "image/png", "jpg": "image/jpeg"}


def document(model: str, command: Command, base: str) -> Schema:
    """Describe every model route; `base` is the address that the request came to."""
    paths: Schema = {
        "/query": {"post": _query(command)},
        "/info": {"get": _read("info", "The fields of the inputs and outputs", {})},
        "/data": {"get": _read("data", "The current output, {} before any", {})},
        "/error": {"get": _read("error", "The current error, or null", {"error": None})},
        "/healthz": {"get": _read("health", "Whether it is there and runs", _health(model))},
        "/readyz": {"get": _read("ready", "Whether it can be asked now", READY)},
        "/openapi.json": {"get": _read("openapi", "This document", {})},
    }
    if _has_address(command):
        for suffix, media in FORMATS.items():
            paths[f"/generate.{suffix}"] = {"get": _picture(command, suffix, media)}
    return {
        "openapi": "3.1.0",
        "info": _info(model, command),
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"schemas": {"Error": ERROR_SCHEMA}},
    }


def _info(model: str, command: Command) -> Schema:
    info = {"title": f"Taxiway: {model}", "version": version("taxiway")}
    return {**info, "description": command.description} if command.description else info


def _health(model: str) -> Schema:
    return {"status": "ok", "model": model, "state": "running"}


def _query(command: Command) -> Schema:
    body = {"application/json": {"schema": _inputs(command), "example": example(command)}}
    return {
        "operationId": "query",
        "summary": command.description or "Ask the model",
        "requestBody": {"required": True, "content": body},
        "responses": _responses({"application/json": {"schema": _outputs(command)}}),
    }


def _inputs(command: Command) -> Schema:
    properties = {name: field.schema() for name, field in command.inputs.items()}
    schema: Schema = {"type": "object", "properties": properties}
    required = [
        name
        for name, field in command.inputs.items()
        if field.fallback is UNSET and name not in command.needs_one_of
    ]
    if required:
        schema["required"] = required
        properties.update({name: {**properties[name], **GIVEN} for name in required})
    if command.needs_one_of:
        schema["anyOf"] = [
            {"required": [name], "properties": {name: GIVEN}} for name in command.needs_one_of
        ]
    return schema


def _outputs(command: Command) -> Schema:
    return {
        "type": "object",
        "properties": {name: field.schema() for name, field in command.outputs.items()},
        "required": list(command.outputs),
    }


def example(command: Command) -> dict[str, Wire]:
    """A body that the command takes: of what is needed, the shortest, and the usual values."""
    needed = list(command.needs_one_of)
    if needed:
        needed = ["seed"] if "seed" in needed else needed[:1]
    needed += [name for name, field in command.inputs.items() if _shown(name, field, command)]
    return {name: command.inputs[name].example for name in needed}


def _shown(name: str, field: AnyDataType, command: Command) -> bool:
    return name not in command.needs_one_of and field.fallback is not None


def _has_address(command: Command) -> bool:
    """Whether it gives pictures and all that it needs fits in an address."""
    fitting = _scalars(command).keys()
    chosen = set(command.needs_one_of)
    needed = {name for name, field in command.inputs.items() if field.fallback is UNSET} - chosen
    gives = any(isinstance(field, Image) for field in command.outputs.values())
    return gives and needed <= fitting and (not chosen or bool(chosen & fitting))


def _picture(command: Command, suffix: str, media: str) -> Schema:
    return {
        "operationId": f"generate_{suffix}",
        "summary": "A picture by its address; the current output stays as it is",
        "parameters": [
            {"name": name, "in": "query", "schema": field.wire_schema(), "required": False}
            for name, field in _scalars(command).items()
        ],
        "responses": _responses({media: {"schema": {}}}),
    }


def _scalars(command: Command) -> dict[str, AnyDataType]:
    """The inputs that fit in an address, with the short name of truncation."""
    scalars: dict[str, AnyDataType] = {
        name: field
        for name, field in command.inputs.items()
        if isinstance(field, (Number, Boolean, Category))
    }
    if "truncation" in scalars:
        scalars["psi"] = scalars["truncation"]
    return scalars


def _read(name: str, summary: str, shown: Schema) -> Schema:
    content = {"application/json": {"schema": {"type": "object"}, "example": shown}}
    return {"operationId": name, "summary": summary, "responses": _responses(content)}


def _responses(content: Schema) -> Schema:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    failures = {
        status: {"description": words, "content": error} for status, words in ERRORS.items()
    }
    return {"200": {"description": "As asked.", "content": content}, **failures}
