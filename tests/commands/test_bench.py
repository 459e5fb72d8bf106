"""`taxiway bench` measures the model, and a query through a server of its own."""

import json

from command_line import taxiway
from taxiway.tools.bench import Bench


def test_the_json_has_every_figure() -> None:
    found = json.loads(taxiway("bench", "painter", "--seconds", "0.1", "--json").stdout)
    more = {"model", "around_ms", "query_ms"}
    assert found.keys() == Bench.command.outputs.keys() | more
    assert found["model"] == "painter"
    assert found["query_ms"] > found["model_ms"] + found["jpeg_ms"]
    assert isinstance(found["advice"], list)
