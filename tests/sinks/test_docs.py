"""docs/outputs.md has a section for every sink and source of ours, and a row for every setting."""

import re
from typing import Any

import pytest

from paths import ROOT
from taxiway.live.inputs import sources
from taxiway.live.members import Members
from taxiway.live.outputs import sinks

PAGE = (ROOT / "docs" / "outputs.md").read_text("utf-8")
SECTIONS = {
    "camera": "Virtual camera",
    "folder": "Folder",
    "mjpeg": "MJPEG",
    "ndi": "NDI",
    "omt": "OMT",
    "record": "Recording",
    "rtmp": "RTMP",
    "session": "Session",
    "spout": "Spout",
    "syphon": "Syphon",
}
SOURCES = {
    "faces": "Faces",
    "frames": "Frames",
    "midi": "MIDI",
    "ndi": "NDI",
    "omt": "OMT",
    "replay": "Replay",
}


@pytest.mark.parametrize("members", [sinks(), sources()], ids=["sinks", "sources"])
def test_every_setting_has_its_row_with_its_default(members: Members) -> None:  # type: ignore[type-arg]
    for name in members.kinds:
        is_source = members.slot == "sources"
        title = f"{SOURCES[name]}, a source" if is_source else SECTIONS[name]
        [section] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
        rows = dict(re.findall(r"^\| `(\w+)` \|([^|]*)\|", section, re.M))
        told = {setting: text.strip() for setting, text in rows.items()}
        fields = members.declaration(name).inputs
        assert told == {setting: written(field) for setting, field in fields.items()}


def written(field: Any) -> str:
    """A default as the page has it: nothing where there is none."""
    default = getattr(field, "default", None)
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)
