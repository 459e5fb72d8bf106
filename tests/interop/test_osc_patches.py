"""Examples for programs that cannot run here: what they send is what a model takes.

Max's patch is read, TouchDesigner's script runs with a stand-in for what there is in its Text DATs,
and of Processing's sketch the addresses and the port are compared.
"""

import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from session_fakes import FakeEngine, on_session
from taxiway.live.messages.moves import Message
from taxiway.servers.osc.server import POWERS

EXAMPLES = Path(__file__).parents[2] / "examples"


async def refused(messages: list[tuple[str, list[Any]]]) -> tuple[list[str], dict[str, Any]]:
    """What a session does not take of some messages, and how its controls stand then."""
    async with on_session(FakeEngine()) as session:
        session.kept.store(3)
        ours = [Message(*each) for each in messages if each[0] not in POWERS]
        found = session.addresses.perform(ours, "OSC")
        return [str(each) for each in found], session.controls.values()


async def test_maxs_patch_is_whole_and_sends_what_is_taken() -> None:
    patcher = json.loads((EXAMPLES / "max" / "taxiway.maxpat").read_text())["patcher"]
    boxes = {each["box"]["id"]: each["box"] for each in patcher["boxes"]}
    reached = set()
    for each in patcher["lines"]:
        (begin, outlet), (end, inlet) = (
            each["patchline"]["source"],
            each["patchline"]["destination"],
        )
        assert outlet < boxes[begin]["numoutlets"]
        assert inlet < boxes[end]["numinlets"]
        reached |= {begin, end}
    assert reached == {name for name in boxes if boxes[name]["maxclass"] != "comment"}
    assert boxes["out"]["text"] == "udpsend 127.0.0.1 57100"
    into_out = [
        boxes[each["patchline"]["source"][0]]
        for each in patcher["lines"]
        if each["patchline"]["destination"][0] == "out"
    ]
    values: dict[str, list[Any]] = {"/z": [0.5] * 512, "/seed": [7], "/truncation": [0.25]}
    messages = []
    for box in into_out:
        address, *words = box["text"].removeprefix("prepend ").split()
        arguments = [json.loads(word) for word in words]
        if box["text"].startswith("prepend"):
            arguments = values.get(address, [0.5])
        messages.append((address, arguments))
    assert {address for address, _ in messages} == {
        *("/truncation", "/seed", "/z", "/z/0", "/random", "/preset", "/subscribe")
    }
    refusals, controls = await refused([each for each in messages if each[0] != "/random"])
    assert refusals == []
    assert "z" in controls


class Op:
    """An operator of TouchDesigner's: any parameter, any member, and what it sends."""

    def __init__(self, sent: list[tuple[str, list[Any]]]) -> None:
        self.par = SimpleNamespace()
        self.seq = SimpleNamespace(const=[SimpleNamespace(par=SimpleNamespace()) for _ in range(4)])
        self.inputConnectors = [self]
        self.connected: list[Any] = []
        self.connect = self.connected.append
        self.sent = sent

    def sendOSC(self, address: str, arguments: list[Any]) -> None:
        self.sent.append((address, arguments))


async def test_touchdesigners_script_makes_what_it_says_and_sends_what_is_taken() -> None:
    sent: list[tuple[str, list[Any]]] = []
    made: dict[str, Op] = {}
    kinds = {}

    def create(kind: str, name: str) -> Op:
        made[name], kinds[name] = Op(sent), kind
        return made[name]

    here = SimpleNamespace(op=made.get, create=create)
    names = ("constantCHOP", "oscoutCHOP", "oscoutDAT", "oscinCHOP", "webrenderTOP")
    for _ in range(2):
        known = {"parent": lambda: here, "me": SimpleNamespace(nodeX=0, nodeY=0)}
        script = str(EXAMPLES / "touchdesigner" / "taxiway.py")
        runpy.run_path(script, {**known, **{name: name for name in names}})
    assert sorted(kinds.values()) == sorted(names)
    assert made["taxiway_out"].par.port == made["taxiway_dat"].par.port == 57100
    channels = [each.par for each in made["taxiway_sliders"].seq.const]
    moves = [(f"/{channel.name}", [float(channel.value)]) for channel in channels]
    refusals, controls = await refused([*moves, *sent])
    assert refusals == []
    assert controls["z"][16:20].tolist() == [0.5] * 4
    assert controls["truncation"] == np.float64(0.8)


async def test_processings_sketch_sends_what_is_taken() -> None:
    text = (EXAMPLES / "processing" / "taxiway" / "taxiway.pde").read_text()
    addresses = set(re.findall(r'(?:send|new OscMessage|checkAddrPattern)\("(/[^"]+)"', text))
    assert addresses == {
        *("/z/0", "/z/1", "/truncation", "/random", "/seed", "/preset", "/subscribe")
    }
    assert "OSC_PORT = 57100" in text
    assert text.count("{") == text.count("}")
    values: dict[str, list[Any]] = {"/random": [], "/preset": [3], "/seed": [7]}
    refusals, _ = await refused([(each, values.get(each, [0.5])) for each in sorted(addresses)])
    assert refusals == []
