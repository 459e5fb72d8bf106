"""A workspace's file: what was put in comes out, and what is none is a sentence."""

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.live.chains import Link
from taxiway.live.workspace import Place, packed, unpacked

PLACES = [
    Place(name="painter", options={"size": 64}, command="generate", scene=b"a scene"),
    Place(name="rainbow", bindings=[{"from": "midi:1:cc:7", "to": "/truncation"}]),
]
LINK = Link(source="painter", output="image", target="rainbow", input="photo")


def test_it_comes_back_and_is_the_same_file() -> None:
    data = packed(PLACES, [LINK])
    found = unpacked(data)
    assert (found.models, found.chains) == (PLACES, [LINK])
    assert packed(found.models, found.chains) == data
    assert len(PLACES[0].scene) == 7  # packing changed nothing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ({}, "is none of Taxiway's"),
        ({"taxiway": "workspace", "version": 2}, "of another version"),
        ({"taxiway": "workspace", "version": 1, "models": []}, "has 0 models"),
        ({"taxiway": "workspace", "version": 1, "models": [{}]}, "missing required field"),
        ({"taxiway": "workspace", "version": 1, "models": [{"name": "a"}] * 33}, "has 33 models"),
    ],
)
def test_what_is_none_is_said(text: object, words: str) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("workspace.json", json.dumps(text))
    with pytest.raises(InvalidArgument, match=words):
        unpacked(written.getvalue())
    torn = io.BytesIO()
    with zipfile.ZipFile(torn, "w") as file:
        file.writestr("workspace.json", "{oops")
    with pytest.raises(InvalidArgument, match=r"it has a workspace.json that is wrong: JSON is"):
        unpacked(torn.getvalue())
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(InvalidArgument, match="it has no workspace.json"):
        unpacked(empty.getvalue())


@given(data=st.data())
def test_no_damage_is_more_than_a_sentence(data: st.DataObject) -> None:
    whole = bytearray(packed(PLACES, [LINK]))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpacked(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except InvalidArgument as error:
        assert str(error).startswith("This is no workspace: it ")
