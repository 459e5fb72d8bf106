"""Forms as browsers and small clients send them."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.web.form import MOST_FIELDS, MULTIPART, URLENCODED, fields


def sent(**more: object) -> tuple[str, bytes]:
    request = httpx.Request("POST", "http://localhost/", **more)  # type: ignore[arg-type]
    return request.headers["content-type"], request.read()


def test_an_urlencoded_form_is_its_fields() -> None:
    given = {"seed": "1", "caption": "a & b = é", "empty": ""}
    assert fields(*sent(data=given)) == given


def test_a_multipart_form_is_its_fields_and_its_files_as_data_uris() -> None:
    content = b"\x89PNG\r\n\r\n--\n\x00\xff\r\n"
    files = {"photo": ("a.png", content, "image/png"), "json": (None, '{"seed": 1}')}
    found = fields(*sent(data={"caption": "é"}, files=files))
    assert found is not None
    assert (found["caption"], found["json"]) == ("é", '{"seed": 1}')
    assert httpx.URL(found["photo"]).scheme == "data"
    assert found["photo"] == "data:image/png;base64,iVBORw0KDQotLQoA/w0K"


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", URLENCODED])
def test_json_is_no_form_whatever_its_type(kind: str) -> None:
    assert fields(kind, b' {"seed": 1}') is None


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="too many fields"):
        fields(URLENCODED, b"a=1&" * (MOST_FIELDS + 1))
    with pytest.raises(InvalidArgument, match="more than 256 fields"):
        fields(f"{MULTIPART}; boundary=x", b"--x\r\n\r\n\r\n" * (MOST_FIELDS + 2))


@given(st.sampled_from([URLENCODED, MULTIPART, f"{MULTIPART}; boundary=x"]), st.binary())
def test_any_bytes_are_fields_or_refused(kind: str, body: bytes) -> None:
    for whole in (body, b"--x\r\n" + body + b"\r\n--x--\r\n"):
        try:
            found = fields(kind, whole)
        except InvalidArgument as error:
            assert str(error).endswith(".")
        else:
            assert found is None or all(isinstance(text, str) for text in found.values())
