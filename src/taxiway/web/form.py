"""Bodies of HTML forms: fields as text, files as data URIs."""

import base64
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

from taxiway.core.errors import InvalidArgument

MOST_FIELDS = 256
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def fields(content_type: str, body: bytes) -> dict[str, str] | None:
    """The fields of a form by name, the last of several; None if the body is no form.

    A file is a data URI of its type. Raises InvalidArgument.
    """
    if content_type.partition(";")[0].strip().lower() not in (MULTIPART, URLENCODED):
        return None  # most are JSON, and to read their header whole takes longer than their body
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() == MULTIPART:
        return _multipart(body, str(header.get_param("boundary", "")))
    if header.get_content_type() == URLENCODED and not body.lstrip().startswith((b"{", b'"', b"[")):
        return _urlencoded(body)
    return None


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise InvalidArgument("The form is not valid UTF-8.") from None
    except ValueError:
        raise InvalidArgument(f"The form has too many fields; at most {MOST_FIELDS}.") from None
    return dict(pairs)


def _multipart(body: bytes, boundary: str) -> dict[str, str]:
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    if not boundary or (b"\r\n" + body).count(mark) > MOST_FIELDS:
        raise InvalidArgument(f"The form has no boundary, or more than {MOST_FIELDS} fields.")
    found = {}
    for part in (b"\r\n" + body).split(mark)[1:]:
        head, gap, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not gap:
            continue
        header = message_from_bytes(head)
        name = header.get_param("name", header="content-disposition")
        if isinstance(name, str):
            found[name] = _value(header, content)
    return found


def _value(header: Message, content: bytes) -> str:
    kind = header.get_content_type()
    if header.get_filename() is not None or not kind.startswith(("text/", "application/json")):
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidArgument("A field of the form is not valid UTF-8.") from None
