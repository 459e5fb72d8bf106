"""Manifests: what is read, what is refused, and how that is said."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from catalog.manifests import CUTOUT
from taxiway.catalog import catalog
from taxiway.catalog.manifest import Manifest, check_path, is_manifest, load, read, written
from taxiway.core.datatypes import Number
from taxiway.core.errors import InvalidArgument, NotFound


def test_a_manifest_is_read_as_it_is_written() -> None:
    found = read(CUTOUT, "a.toml")
    assert (found.kind, found.family, found.main_file) == ("onnx", "onnx", "cutout-small.onnx")
    assert found.bytes == 4574861
    assert found.licence.checked == date(2026, 11, 29)
    assert found.onnx is not None
    picture, amount = found.onnx.input
    assert (picture.tensor, picture.size, picture.channels) == ("input.1", (320, 320), "RGB")
    assert amount.field == Number(default=0.5, min=0, max=1)
    assert found.onnx.output[0].post == ["minmax"]
    assert found.options == {"threshold": Number(default=0.5, min=0, max=1)}
    assert found.aliases.outputs == {"output": "image"}


def test_what_is_written_is_read_as_the_same() -> None:
    found = read(CUTOUT, "a.toml")
    assert read(written(found), "again.toml") == found
    inside = msgspec.json.encode(msgspec.toml.decode(CUTOUT)).decode()
    assert read(inside, "network.onnx") == found


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("bytes = 4574861", "bytes = -1", "file[0].bytes takes int >= 0"),
        ("bytes = 4574861", 'bytes = "many"', "file[0].bytes takes int, got str"),
        ("size = [320, 320]", "sise = 320", "onnx.input[0] has no key 'sise'; there are align"),
        ("min = 0\nmax", "minimum = 0\nmax", "onnx.input[1] has no key 'minimum'"),
        ("threshold = {", "threshold = { least = 0,", "options.threshold has no key 'least'"),
        ("threshold = {", "level = {", "has an option that nothing takes, 'level'; there are"),
        ("title =", "titel =", "it has no key 'titel'"),
        ('summary = "', 'data = "', "it needs 'summary'"),
        ('name = "cutout-small"', 'name = "Cut Out"', "name takes a plain name"),
        ("taxiway = 1", "taxiway = 2", "taxiway takes int <= 1"),
        ('path = "cutout-small.onnx"', 'path = "../a.onnx"', "takes a path below the model's"),
        ('path = "cutout-small.onnx"', 'path = "a.pkl"', "of a fetched file ends in .safetensors"),
        ("https://example.org/", "http://example.org/", "file[0] takes https://... or hf://"),
        ("https://example.org/", "file:///etc/", "file[0] takes https://... or hf://"),
        ("@0123456789abcdef0123456789abcdef01234567", "@main", "the commit in 40 digits"),
        ("/u2netp.onnx", "/../../u2netp.onnx", "takes a path below the model's folder"),
        ('["minmax"]', '["eval"]', "onnx.output[0].post[0] takes another word than 'eval'"),
        ('type = "number"\nmin', 'type = "numeral"\nmin', "onnx.input[1].type takes another word"),
        ("[options]", "[stylegan]\npath = 'a.pkl'\n[options]", "exactly one of onnx, transfor"),
        ('output = "image"', 'output = "picture"', "has an alias of 'picture', which is none"),
        ('input_image = "', 'amount = "', "has the name 'amount' twice"),
        ("[options]", "options", "(at line 39, column 8)"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(before: str, after: str, said: str) -> None:
    assert before in CUTOUT
    with pytest.raises(InvalidArgument, match=re.escape(said)) as told:
        read(CUTOUT.replace(before, after), "a.toml")
    assert str(told.value).startswith("'a.toml' is no manifest: ")
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../a", "a/../b", "a/./b", "a//b", "c:/a", "a\\b", ".a", "a/.b", "a\0b"],
)
def test_a_path_stays_in_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="below the model's folder"):
        check_path(path)
    check_path("onnx/model_fp16.onnx_data")


KINDS = {
    "transformers": '[transformers]\nclass = "AutoModelForCausalLM"\nid = "a/b"\n',
    "stylegan": '[stylegan]\npath = "maps.pkl"\n',
    "port": '[port]\npath = "runway_model.py"\n',
}
WORDS = """taxiway = 1
name = "mine"
title = "Mine"
summary = "My own."
family = "%s"
licence = { weights = "CC0-1.0" }
"""


def test_each_kind_has_the_family_that_runs_it() -> None:
    of = {"transformers": "text", "stylegan": "", "port": ""}
    found = {kind: read(WORDS % of[kind] + text, "a.toml").family for kind, text in KINDS.items()}
    assert found == {"transformers": "text", "stylegan": "stylegan", "port": "ported"}
    with pytest.raises(InvalidArgument, match="of transformers needs 'family'"):
        read(WORDS % "" + KINDS["transformers"], "a.toml")


def test_a_manifest_becomes_a_card(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WORDS % "" + KINDS["stylegan"])
    assert is_manifest(path)
    card = catalog.of_manifest(path)
    assert (card.name, card.family, card.title, card.licence) == (
        *("mine", "stylegan", "Mine", "CC0-1.0"),
    )
    assert card.error.startswith("'mine' has its file 'maps.pkl' not here yet: taxiway models pull")
    with pytest.raises(NotFound, match="not here yet"):
        catalog.choose(str(path))
    (tmp_path / "maps.pkl").write_bytes(b"")
    card = catalog.choose(str(path))
    assert card.error == ""
    assert catalog.spec(card).options == {"checkpoint": str(tmp_path / "maps.pkl")}


def test_what_is_no_manifest_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'taxiway'\n")
    assert not is_manifest(tmp_path / "pyproject.toml")
    assert not is_manifest(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_bytes(b"taxiway = 1\n" + b"#" * 300_000)
    with pytest.raises(InvalidArgument, match="it is larger than 256 kB"):
        load(tmp_path / "a.toml")


@given(some.binary(max_size=200) | some.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_manifest_or_one_sentence(data: bytes | str) -> None:
    with pytest.raises(InvalidArgument) as told:
        read(data, "a.toml")
    assert "\n" not in str(told.value)


PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner),
    max_leaves=6,
)


@given(some.data())
@settings(max_examples=120, deadline=None)
def test_any_value_in_any_place_is_read_or_refused_in_a_sentence(data: some.DataObject) -> None:
    whole = msgspec.to_builtins(msgspec.toml.decode(CUTOUT))
    table: Any = whole
    while True:
        key = data.draw(some.sampled_from([*table] if isinstance(table, dict) else range(1)))
        if not (isinstance(table[key], dict | list) and table[key] and data.draw(some.booleans())):
            break
        table = table[key]
    table[key] = data.draw(PLAIN)
    text = msgspec.json.encode(whole)
    try:
        found: Manifest = read(text, "a.json")
    except InvalidArgument as error:
        assert "\n" not in str(error)
        assert str(error).endswith(".")
    else:
        assert read(written(found), "again.toml") == found
