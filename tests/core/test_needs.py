"""What a member of each slot lacks, in a sentence with file and line, when it is loaded."""

from pathlib import Path

import pytest

import stranger
from taxiway.core import slots
from taxiway.core.errors import BrokenMember, NotFound
from taxiway.core.needs import NEEDS, TRAINER, faults
from taxiway.training.trainer import Trainer

NUMBER = "from taxiway.core.datatypes import Number\n"
COMMAND = "from taxiway.core.command import Command\nfrom taxiway.core.datatypes import *\n"
SINK = f"from taxiway.core.sink import Sink\n{NUMBER}class It(Sink):\n    title = 'It'\n"
SOURCE = "from taxiway.core.source import Source\nclass It(Source):\n    title = 'It'\n"
SERVER = f"from taxiway.web.server import Server\n{NUMBER}class It(Server):\n    title = 'It'\n"
TOOL = (
    f"{COMMAND}from taxiway.core.tool import Takes\nclass It:\n"
    "    command = Command(name='it', inputs={}, outputs={})\n"
)
RUN = "    def run(self, model, inputs, job): pass\n"
BACKEND = (
    "class It:\n    def available(self): pass\n    def precisions(self): pass\n"
    "    def compile(self, graph, precision, threads): pass\n"
)
KIND = (
    "from taxiway.training.dataset import Kind\nclass It(Kind):\n    name = title = 'it'\n"
    "    def prepare(self, source, out, values, advance): pass\n"
    "    def read(self, path): pass\n    def sheet(self, path): pass\n"
)
CHECK = "    def check(self, source): pass\n"
RECIPE = (
    f"from taxiway.training.trainer import Recipe\n{NUMBER}class It(Recipe):\n    kimg = 1\n"
    "    def read(self, asked, known): pass\n"
)
SEND, READ = "    def send(self, frame): pass\n", "    def read(self): pass\n"


@pytest.mark.parametrize(
    ("slot", "source", "said"),
    [
        ("sinks", "class It: title = 'It'\n", "needs the parent taxiway.core.sink.Sink ("),
        ("sinks", SINK, "needs a method send(self, frame) ("),
        ("sinks", f"{SINK}    def send(self): pass\n", "send(self, frame), got send(self) ("),
        ("sinks", f"{SINK}    settings = [1]\n{SEND}", "needs settings = {}, data types"),
        ("sinks", f"{SINK}    settings = {{'n': 4}}\n{SEND}", "'n' whose type is no data type"),
        ("sinks", f"{SINK}    title = ''\n{SEND}", "needs title, a text, got ''"),
        ("sources", SOURCE, "needs a method read(self) ("),
        ("sources", f"{SOURCE}{READ}    probe = 3\n", "needs a method probe(self) ("),
        ("servers", "class It: title = 'It'\n", "needs the parent taxiway.web.server.Server or"),
        ("servers", f"{SERVER}    settings = {{'port': 9}}\n", "no data type but 9"),
        ("servers", f"{SERVER}    settings = ['port']\n", "needs settings = {}, data types"),
        ("servers", f"{SERVER}    def __init__(self): pass\n", "an __init__(self, context) ("),
        ("tools", TOOL, "needs a method run(self, model, inputs, job) ("),
        ("tools", f"{TOOL}    def run(self, inputs): pass\n", "job), got run(self, inputs) ("),
        ("tools", f"{TOOL}{RUN}    takes = 'vector'\n", "needs takes = Takes(...), got 'vector'"),
        ("tools", f"{TOOL}{RUN}    takes = Takes(inputs='vector')\n", "with inputs = ('vector',"),
        ("tools", f"{TOOL}{RUN}    needs = 'torch'\n", "needs needs = ('torch',), names"),
        ("tools", f"{TOOL}{RUN}    command.inputs['n'] = 2\n", "has 'n' whose type is no"),
        ("tools", f"{TOOL}{RUN}It = It()\n", "takes a class with run and command, got <"),
        ("backends", BACKEND, "needs a method threads(self) ("),
        ("backends", f"{BACKEND}    def threads(self): pass\n", "an __init__(self, device) ("),
        ("datasets", KIND, "needs a method check(self, source) ("),
        ("datasets", f"{KIND}{CHECK}    options = {{'a': 4}}\n", "'a' whose type is no data type"),
        ("datasets", f"{KIND}{CHECK}    name = None\n", "needs name, a text, got None"),
        ("trainers", RECIPE, "needs a method trainer(self, config, data, group) ("),
        ("commands", "def run(parsed): pass\n", "needs a method arguments(parser) ("),
        ("commands", "def run(): pass\ndef arguments(parser): pass\n", "run(parsed), got run() ("),
    ],
)  # fmt: skip
def test_what_it_lacks_is_one_sentence_with_its_line(
    slot: str, source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = "strangeness" if slot == "commands" else "strangeness:It"
    points = {f"taxiway.{slot}: it": target}
    site = stranger.install(tmp_path, {"strangeness.py": source}, points, monkeypatch)
    with pytest.raises(BrokenMember) as caught:
        slots.load(slot, "it")
    sentence = str(caught.value)
    assert said in sentence, sentence
    assert sentence.startswith("'it' ")
    assert str(site / "strangeness.py") in sentence
    assert slot == "commands" or ", line " in sentence


@pytest.mark.parametrize("slot", NEEDS)
def test_ours_are_all_right(slot: str) -> None:
    for name in slots.members(slot):
        if not name.startswith("_"):
            slots.load(slot, name)


def test_a_wrong_name_says_which_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"taxiway.sinks: it": "strangeness:Itt"}
    stranger.install(tmp_path, {"strangeness.py": SINK}, points, monkeypatch)
    with pytest.raises(NotFound, match=r"strangeness has no 'Itt', its classes are It \(.*ss.py\)"):
        slots.load("sinks", "it")


def test_a_trainer_is_checked_as_an_object() -> None:
    class Half(Trainer):
        def start(self) -> None: ...

    clauses = [fault.clause for fault in faults(Half(), TRAINER)]
    assert "needs a method step(self)" in clauses
    assert "needs a method start(self)" not in clauses
    assert clauses[-1] == "needs measures = ('distance',), names in a tuple, got None"
