"""Manifests: a TOML file that says what a model is, where its files are, and how it is run.

docs/manifests.md has the format. `read` makes a record of one, `written` a file of a record.
Nothing here opens a model's files.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct, field

from taxiway.catalog.processing import FOUND, PARAMETERS, OnnxInput, OnnxOutput, Pair
from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json, is_utf8

SCHEMA = 1
MOST_BYTES = 256_000
Slug = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9._-]{0,63}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z")]
Pattern = Annotated[str, Meta(pattern=r"\A[^/\\]*\.(safetensors|json|txt)\Z")]
Sha256 = Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
WEB = re.compile(r"https://[^\s/@#?]+/[^\s#]+")
HUB = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([0-9a-f]{40}))?/(\S+)", re.ASCII)
FETCHED = (".safetensors", ".onnx", ".onnx_data", ".data", ".task", ".json", ".txt", ".toml", ".md")
"""Endings of what is fetched: numbers and text, neither programs nor pickles."""
KINDS = {
    "onnx": "onnx", "transformers": "", "stylegan": "stylegan", "port": "ported",
    "motion": "motion",
}  # fmt: skip
"""The kinds, and the family that runs each; of transformers the manifest names it."""


class Record(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Part of a manifest."""


class File(Record):
    """One file of a model: below the manifest's folder, or in the store once it is fetched.

    `sources` (`from` in the file) are tried in order: `https://...`, or
    `hf://organisation/repository@commit/file`, without a commit the newest. 0 bytes and no sha256
    are not known yet.
    """

    path: str
    bytes: Annotated[int, Meta(ge=0, le=2**50)] = 0
    sha256: Sha256 = ""
    sources: list[str] = field(default_factory=list, name="from")

    def __post_init__(self) -> None:
        check_path(self.path)
        for source in self.sources:
            hub = HUB.fullmatch(source)
            if hub:
                check_path(hub[3])
            elif not WEB.fullmatch(source):
                raise ValueError(
                    f"takes https://... or hf://organisation/repository@commit/file, "
                    f"the commit in 40 digits, got {source[:100]!r}"
                )
        if self.sources and not self.path.endswith(FETCHED):
            raise ValueError(f"of a fetched file ends in {', '.join(FETCHED)}, got {self.path!r}")


class Licence(Record):
    """What may be done with it: of the code, and of the weights, which are what is run."""

    weights: str
    code: str = ""
    source: str = ""
    """The page where that stands."""
    commercial: bool | None = None
    """None where nobody has looked."""
    checked: date | None = None


class Needs(Record):
    """What it takes to run it; `extras` are ours, as in `taxiway install EXTRA`."""

    memory_mb: Annotated[int, Meta(ge=0)] = 0
    download_mb: Annotated[int, Meta(ge=0)] = 0
    """About what is fetched, where the sizes of its files are not known."""
    gpu: Literal["no", "optional", "required"] = "optional"
    extras: list[str] = []


class Tested(Record):
    """Who ran these very files, with what. Without this record nobody did."""

    on: date
    by: str
    """`Taxiway`, or who it was; `fixture` for a small network of the same inputs and outputs."""
    using: str = field(default="", name="with")


class Aliases(Record):
    """Further names, as old sketches send and read them, and the names here that they stand for."""

    inputs: dict[Name, str] = {}
    outputs: dict[Name, str] = {}


class Onnx(Record, kw_only=True):
    """An ONNX network: its command's inputs and outputs, and what is done before and after it.

    `path` is its file, by itself the first of the manifest's files that ends so, or the one that
    has the manifest's own name.
    """

    path: str = ""
    command: Name = "convert"
    input: list[OnnxInput] = []
    output: Annotated[list[OnnxOutput], Meta(min_length=1)]

    @property
    def names(self) -> list[str]:
        """Of its outputs, those that are found together one by one."""
        found = (FOUND[each.find] if each.find else (each.name,) for each in self.output)
        return [name for names in found for name in names]


class MotionTensors(Record):
    """Names of tensors of the network that moves, where they do not tell what they are."""

    source: str = ""
    source_points: str = ""
    source_jacobians: str = ""
    driving_points: str = ""
    driving_jacobians: str = ""
    image: str = ""


class Motion(Record, kw_only=True):
    """First-order motion by two ONNX networks: `key_points` finds them in a picture, `generator`
    moves a picture by its own and those of the film. `range` is what black and white become."""

    key_points: str
    generator: str
    range: Pair = (0.0, 1.0)
    tensors: MotionTensors = field(default_factory=MotionTensors)


class Transformers(Record, kw_only=True):
    """A folder of weights as `transformers` saves it.

    Its files are the manifest's, or those of a repository of the hub at a commit that fit `files`.
    """

    class_: str = field(name="class")
    id: Annotated[str, Meta(pattern=r"\A([\w.-]+/[\w.-]+)?\Z")] = ""
    revision: Annotated[str, Meta(pattern=r"\A([0-9a-f]{40})?\Z")] = ""
    files: tuple[Pattern, ...] = ("*.safetensors", "*.json", "*.txt")
    settings: dict[str, Any] = {}


class StyleGan(Record):
    """A checkpoint; `read_as` is the kind of file, where it does not say so itself."""

    path: str
    read_as: str = ""


class Port(Record):
    """A model ported with Runway's SDK: somebody's own folder, never fetched."""

    path: str
    python: str = ""


class Manifest(Record, kw_only=True):
    """One model: what people read, its files, and exactly one of the kinds."""

    taxiway: Annotated[int, Meta(ge=SCHEMA, le=SCHEMA)]
    name: Slug
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    summary: Annotated[str, Meta(min_length=1, max_length=400)]
    family: str = ""
    """Which model family runs it; by itself that of its kind."""
    task: str = ""
    """What people look for: cut-out, depth, style, detection..."""
    description: str = ""
    licence: Licence
    credit: str = ""
    made: str = ""
    data: str = ""
    bias: str = ""
    limits: str = ""
    metrics: dict[str, Any] = {}
    needs: Needs = field(default_factory=Needs)
    tested: Tested | None = None
    file: list[File] = []
    onnx: Onnx | None = None
    motion: Motion | None = None
    transformers: Transformers | None = None
    stylegan: StyleGan | None = None
    port: Port | None = None
    options: dict[Name, AnyDataType] = {}
    """Further inputs: each has the name of something in the processing that it sets."""
    aliases: Aliases = field(default_factory=Aliases)

    def __post_init__(self) -> None:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            said = " and ".join(kinds) or "none"
            raise ValueError(f"has exactly one of {', '.join(KINDS)}, got {said}")
        self.family = self.family or KINDS[self.kind]
        if not self.family:
            raise ValueError("of transformers needs 'family', which runs it")
        paths = [file.path for file in self.file]
        both = (self.main_file, self.motion.key_points if self.motion else "")
        for path in (*paths, *filter(None, both)):
            check_path(path)
        if len({*paths}) != len(paths):
            raise ValueError(f"has a file twice: {max(paths, key=paths.count)!r}")
        if self.onnx is not None:
            self._check_names(self.onnx)

    def _check_names(self, onnx: Onnx) -> None:
        """Raise ValueError where a name stands for nothing, or for two things."""
        if unknown := sorted({*self.options} - {*PARAMETERS}):
            raise ValueError(
                f"has an option that nothing takes, {unknown[0]!r}; there are "
                f"{', '.join(PARAMETERS)}, and onnx.input for what the network takes"
            )
        inputs = [*(each.name for each in onnx.input), *self.options, *self.aliases.inputs]
        outputs = [*onnx.names, *self.aliases.outputs]
        for names, aliases in ((inputs, self.aliases.inputs), (outputs, self.aliases.outputs)):
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"has the name {twice[0]!r} twice")
            if lost := [name for name in aliases.values() if name not in names]:
                raise ValueError(f"has an alias of {lost[0]!r}, which is none of its names")

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def main_file(self) -> str:
        """The path of what its family opens; "" where that is the folder of all its files."""
        if self.onnx is not None:
            own = [file.path for file in self.file if file.path.endswith(".onnx")]
            return self.onnx.path or (own[0] if own else f"{self.name}.onnx")
        if self.motion is not None:
            return self.motion.generator
        found = self.stylegan or self.port
        return found.path if found else ""

    @property
    def bytes(self) -> int:
        """Of all its files, as far as they are known."""
        return sum(file.bytes for file in self.file)


def check_path(path: str) -> None:
    """Raise ValueError for what is no plain path below a folder, on any system."""
    parts = path.split("/")
    bad = any(part.strip(" .") == "" or part.startswith(".") for part in parts)
    if bad or re.search(r'[\\:*?"<>|\x00-\x1f]', path) or len(path) > 400:
        raise ValueError(f"takes a path below the model's folder, got {path[:100]!r}")


def is_manifest(path: Path) -> bool:
    """Whether a file is meant as a manifest: TOML whose first key is ours."""
    if path.suffix.lower() != ".toml" or not path.is_file():
        return False
    with path.open("rb") as file:
        return re.search(rb"^\s*taxiway\s*=", file.read(MOST_BYTES), re.MULTILINE) is not None


def load(path: Path) -> Manifest:
    """The manifest in a file. Raises InvalidArgument, and OSError if it cannot be read."""
    with path.open("rb") as file:
        return read(file.read(MOST_BYTES + 1), path.name)


def read(data: bytes | str, where: str) -> Manifest:
    """The manifest in a text, TOML or (inside an ONNX file, say) JSON.

    Raises InvalidArgument: what is wrong, at which key, in `where`.
    """
    raw = data.encode() if isinstance(data, str) else data
    try:
        return msgspec.convert(_folded(_parsed(raw)), Manifest)
    except Malformed as error:
        said = _in_a_line(str(error))
    except msgspec.ValidationError as error:
        said = _clause(_in_a_line(str(error)))
    raise InvalidArgument(f"'{where}' is no manifest: {said}.")


def _in_a_line(said: str) -> str:
    """Without what a stranger's keys may hold that no line has."""
    return "".join(each if each.isprintable() else "?" for each in said)


def written(manifest: Manifest) -> str:
    """A manifest as TOML, which `read` reads as the same record."""
    plain = msgspec.to_builtins(manifest, builtin_types=(date,))
    return "".join(_lines(_unfolded(plain)))


def _parsed(raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        raise Malformed(f"it is larger than {MOST_BYTES // 1000} kB")
    if raw.lstrip()[:1] == b"{":
        found: dict[str, Any] = from_json(raw, dict[str, Any], MOST_BYTES)
        return found
    if not is_utf8(raw):
        raise Malformed("it is not valid UTF-8")
    try:
        return tomllib.loads(raw.decode().removeprefix("\ufeff"))
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except Exception as error:  # a year 0, a number of 5000 digits: each has its own
        raise Malformed(" ".join(str(error).split()).rstrip(".")) from None


IMPLIED = ("channels", "defaultOutputFormat")
"""Of a picture's data type, what follows from how it is processed."""
FIELD_KEYS = {
    kind.__struct_config__.tag: {*kind.__struct_encode_fields__} for kind in get_args(AnyDataType)
}
"""The keys of each data type, as `/info` has them."""


def _folded(raw: dict[str, Any]) -> dict[str, Any]:
    """Tables with a data type's keys among others, those in a table of their own."""
    onnx, folded = raw.get("onnx"), dict(raw)
    if isinstance(onnx, dict):
        parts: dict[str, Any] = {"input": OnnxInput, "output": OnnxOutput}
        lists = {
            name: [_with_field(each, kind, f"onnx.{name}[{n}]") for n, each in enumerate(found)]
            for name, kind in parts.items()
            if isinstance(found := onnx.get(name), list)
        }
        folded["onnx"] = {**onnx, **lists}
    options = raw.get("options")
    if isinstance(options, dict):
        folded["options"] = {
            name: _option(each, f"options.{name}") for name, each in options.items()
        }
    return folded


def _option(table: Any, place: str) -> Any:
    if not isinstance(table, dict):
        return table
    _check_keys(table, place)
    return _without_default(table)


def _with_field(table: Any, kind: Any, place: str) -> Any:
    """Keys that are not the processing's are the data type's. Raises Malformed for others."""
    if not isinstance(table, dict) or "field" in table:
        raise Malformed(f"{place} has no key 'field'" if table else f"{place} takes keys")
    own = {*kind.__struct_encode_fields__} - {"field"}
    ours = {key: value for key, value in table.items() if key in own}
    rest = {key: value for key, value in table.items() if key not in own}
    if not rest:
        return ours
    _check_keys(rest, place, own)
    return {**ours, "field": _without_default(rest)}


def _without_default(field: dict[str, Any]) -> dict[str, Any]:
    """TOML has no null: what is optional and says no default has none."""
    return {"default": None, **field} if field.get("optional") is True else field


def _check_keys(table: dict[str, Any], place: str, more: set[str] | None = None) -> None:
    tag = table.get("type", "")
    keys = FIELD_KEYS.get(tag) if isinstance(tag, str) else None
    unknown = sorted(set(table) - {"type"} - (keys or set()))
    if unknown and (keys is not None or not tag):
        there_are = ", ".join(sorted({"type", *(keys or ()), *(more or ())}))
        raise Malformed(f"{place} has no key '{unknown[0]}'; there are {there_are}")


def _clause(said: str) -> str:
    """What msgspec says, in our words: `Expected X, got Y - at `$.a[0].b``."""
    what, _, place = said.partition(" - at `$")
    at = place.rstrip("`").removeprefix(".").replace(".field", "") or "it"
    for pattern, words in SAID.items():
        if found := re.fullmatch(pattern, what):
            return f"{at} {words.format(*found.groups())}"
    return f"{at}: {what}"


SAID = {
    r"Object contains unknown field `(.*)`": "has no key '{0}'",
    r"Object missing required field `(.*)`": "needs '{0}'",
    r"Invalid (?:enum )?value (.*)": "takes another word than {0}",
    r"Expected `str` matching regex .*": "takes a plain name, of a-z, 0-9, '.', '-' and '_'",
    r"Expected `(.*)`, got `(.*)`": "takes {0}, got {1}",
    r"Expected `(.*)`(.*)": "takes {0}{1}",
    r"((?:takes|has|needs|with|of) .*)": "{0}",
}
"""What msgspec, or a record of ours, says, and what is made of it."""


def _unfolded(plain: dict[str, Any]) -> dict[str, Any]:
    """As a person writes it: a data type's keys beside the others, and nothing that is not said."""
    onnx = plain.get("onnx")
    if onnx:
        lists = {name: list(map(_flat, onnx.get(name, ()))) for name in ("input", "output")}
        plain = {**plain, "onnx": {**onnx, **lists}}
    cleaned: dict[str, Any] = _cleaned(plain)
    return cleaned


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    field = {} if table.get("find") else table.get("field", {})
    of_type = {key: value for key, value in field.items() if key not in IMPLIED}
    rest = {key: value for key, value in table.items() if key != "field"}
    return {"name": rest.get("name"), **of_type, **rest}


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        parts = {key: _cleaned(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not None and part != {}}
    return list(map(_cleaned, value)) if isinstance(value, list | tuple) else value


def _lines(table: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """TOML: plain values first, then tables, lists of tables as `[[...]]`."""
    tables = {key: value for key, value in table.items() if _is_table(value)}
    plain = {key: value for key, value in table.items() if key not in tables}
    if path and (plain or not tables):
        yield f"\n[{path}]\n"
    yield from (f"{_key(key)} = {_value(value)}\n" for key, value in plain.items())
    for key, value in tables.items():
        name = f"{path}.{_key(key)}".removeprefix(".")
        if isinstance(value, dict):
            yield from _lines(value, name)
            continue
        for each in value:
            yield f"\n[[{name}]]\n"
            yield from (f"{_key(part)} = {_value(one)}\n" for part, one in each.items())


def _is_table(value: Any) -> bool:
    several = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return (isinstance(value, dict) and bool(value)) or several


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _text(text)


def _value(value: Any) -> str:
    write: dict[type, Callable[[Any], str]] = {
        str: _text,
        bool: lambda is_so: str(is_so).lower(),
        list: lambda items: f"[{', '.join(map(_value, items))}]",
        dict: _inline,
    }
    return write.get(type(value), str)(value)


def _inline(parts: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{_key(key)} = {_value(value)}" for key, value in parts.items())
    return f"{{ {pairs} }}"


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
