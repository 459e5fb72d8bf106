"""Files: paths from the person at the machine, and never from a client."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.datatypes import File, file
from taxiway.core.errors import InvalidArgument


@given(st.binary(max_size=400))
def test_a_file_goes_out_and_comes_in_as_its_bytes(data: bytes) -> None:
    assert File().decode("it", File().encode(data)) == data


@pytest.mark.parametrize(
    ("wire", "data"),
    [
        ("data:,two%20words", b"two words"),
        ("data:text/plain;charset=utf-8;base64,aGk=", b"hi"),
        ("DATA:;base64,", b""),
    ],
)
def test_every_form_of_data_uri_is_read(wire: str, data: bytes) -> None:
    assert File().decode("it", wire) == data


@pytest.mark.parametrize(
    "wire",
    [
        "/etc/passwd",
        "../secret.txt",
        "C:\\secret.txt",
        "~/.ssh/id_rsa",
        "file:///etc/passwd",
        "http://127.0.0.1:8000/",
        "https://example.org/model.tar",
        "ftp://example.org/x",
        " data:,x",
        "",
        None,
        7,
        ["data:,x"],
    ],
)
def test_no_path_is_opened_and_no_address_asked_on_a_clients_word(wire: Any) -> None:
    with pytest.raises(InvalidArgument, match="'it' takes a file as a data URI, got "):
        File().decode("it", wire)


def test_bad_base64_and_too_much_of_it_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgument, match="'it' is not valid base64"):
        File().decode("it", "data:;base64,!")
    monkeypatch.setattr(file, "MOST_BYTES", 2**20)
    with pytest.raises(InvalidArgument, match="'it' takes a file of at most 1 MB."):
        File().decode("it", "data:," + "x" * 2**21)


def test_the_models_own_default_goes_through() -> None:
    field = File(default="weights/small.txt")
    assert field.fallback == "weights/small.txt"
    assert field.decode("it", field.fallback) == "weights/small.txt"
    assert File(default=None, optional=True).fallback is None


def test_an_option_is_a_path_that_exists_and_ends_well(tmp_path: Path) -> None:
    weights = tmp_path / "net.pkl"
    weights.touch()
    assert File(extension=".pkl").decode_option("net", str(weights)) == str(weights)
    assert File(is_directory=True).decode_option("set", str(tmp_path)) == str(tmp_path)


@pytest.mark.parametrize(
    ("field", "wire", "message"),
    [
        (File(), "none.txt", "'it' takes a file; there is none at "),
        (File(), ".", "'it' takes a file; there is none at "),
        (File(is_directory=True), "net.pkl", "'it' takes a directory; there is none at "),
        (File(extension=".pt"), "net.pkl", "'it' takes a file ending in '.pt', got 'net.pkl'."),
        (File(), 7, "'it' takes a path, got a number."),
        (File(), "https://example.org/net.pkl", "'it' takes a file; there is none at "),
    ],
)
def test_an_option_that_does_not_fit_is_refused_in_words(
    field: File, wire: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.pkl").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument) as raised:
        field.decode_option("it", wire)
    assert str(raised.value).startswith(message)


def test_what_is_not_set_is_not_told() -> None:
    assert File().describe("it") == {"name": "it", "type": "file", "description": None}
