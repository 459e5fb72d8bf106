"""Names out of what spreadsheets write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import examples
from taxiway.core.errors import InvalidArgument
from taxiway.hosting import class_list
from taxiway.hosting.records import checked_label


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"Ada\nGrace\n\nKatherine\n", ["Ada", "Grace", "Katherine"]),
        (b"Name,Class\nAda,7b\nGrace,7b", ["Ada", "Grace"]),
        ("Vorname;Nachname;Klasse\r\nJörg;Groß;7b\r\n".encode(), ["Jörg Groß"]),
        ("Klasse;Nachname;Vorname\r\n7b;Groß;Jörg".encode("cp1252"), ["Jörg Groß"]),
        ("Fornavn\tEfternavn\nSøren\tÅby".encode("utf-16"), ["Søren Åby"]),
        ("\ufeffname\nZoë".encode(), ["Zoë"]),
        (b'name,note\n"Lovelace, Ada","says ""hi"""', ["Lovelace, Ada"]),
        (b"Ada,7b\nGrace,7b", ["Ada", "Grace"]),
        (b"First name,Last name\nAda\n,Hopper", ["Ada", "Hopper"]),
    ],
)
def test_names_are_found_however_the_list_was_saved(data: bytes, names: list[str]) -> None:
    assert class_list.read(data) == names


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no name"),
        (b"name,class\n", "no name"),
        (b"A\n" * 201, "up to 200 names, got 201"),
        (b"A" * 1_000_001, "up to 1 MB"),
        (b"a" * 200_000, "cannot be read as CSV"),
    ],
)
def test_what_is_no_class_list_is_said(data: bytes, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        class_list.read(data)


@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_labels_or_refused(data: bytes) -> None:
    try:
        names = class_list.read(data)
    except InvalidArgument:
        return
    assert [checked_label(name) for name in names] == names
