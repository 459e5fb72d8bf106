"""What a model answers is looked at before it goes on; what is wrong fails its own call only."""

import socket
from typing import Any

import msgspec
import numpy as np
import pytest

from taxiway.core.command import Command
from taxiway.core.datatypes import Image, Number, Text, Vector
from taxiway.core.errors import InvalidArgument, ModelFailed, Spent
from taxiway.core.images import to_data_uri
from taxiway.core.model import ModelSpec
from taxiway.engine import worker
from taxiway.engine.messages import Answers, CallError, CallOutputs, Codec, Predict, Ready
from taxiway.engine.pipe import WorkersEnd
from taxiway.engine.worker import answer


class Model:
    """Answers as it is told."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def predict(self, command: str, batch: list[Any]) -> Any:
        return self._given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "a list of as many answers, got NoneType."),
        ({"text": "x"}, "a list of as many answers, got dict."),
        (({"text": "x"},), "a list of as many answers, got tuple."),
        ([], "a list of as many answers, got 0."),
        ([None], "a dict of outputs by name, got NoneType."),
        ([("text", "x")], "a dict of outputs by name, got tuple."),
        ([np.zeros(3)], "a dict of outputs by name, got ndarray."),
        ([{1: "x"}], "a dict of outputs by name, got dict."),
        (iter([[None]]), "a dict of outputs by name, got NoneType."),
        (iter([]), "yielded no answer."),
    ],
)
def test_what_is_no_answer_is_a_sentence(given: Any, said: str) -> None:
    (found,) = answer(Model(given), "write", [{}])  # type: ignore[arg-type]
    assert isinstance(found, CallError)
    assert found.message.endswith(said)


def test_an_answer_of_any_mapping_goes_on() -> None:
    (found,) = answer(Model([{"text": "x"}]), "write", [{}])  # type: ignore[arg-type]
    assert found == CallOutputs({"text": "x"})


@pytest.mark.parametrize("cores", [2, 8])
def test_a_batch_is_encoded_in_its_order(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    pictures = [np.full((600, 600, 3), 40 * index, np.uint8) for index in range(4)]
    model: Any = Model([*({"image": picture} for picture in pictures), InvalidArgument("No.")])
    model.commands = {"paint": Command(name="paint", inputs={}, outputs={"image": Image()})}
    request = Predict("paint", [{}] * 5, [{}] * 5)
    worker.encoders.cache_clear()
    *found, refused = worker.answers_to(model, request, lambda part: True)
    assert (worker.encoders() is None) == (cores == 2)
    worker.encoders.cache_clear()
    assert found == [CallOutputs({}, {"image": to_data_uri(picture)}) for picture in pictures]
    assert isinstance(refused, CallError)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (Number(), "seven", "The model gave 'seven' as a number."),
        (Number(), np.zeros(2), "which is no number."),
        (Vector(length=2), object(), "which is no vector."),
        (Image(), "x", "as a picture"),
    ],
)
def test_an_output_that_is_none_of_its_type_is_a_sentence(
    field: Any, value: Any, said: str
) -> None:
    command = Command(name="write", inputs={}, outputs={"it": field})
    with pytest.raises(ModelFailed, match=said):
        command.encode({"it": value}, {})


def test_an_output_that_is_missing_is_a_sentence() -> None:
    command = Command(name="write", inputs={}, outputs={"text": Text(), "size": Number()})
    with pytest.raises(ModelFailed, match="has no output 'size'"):
        command.encode({"text": "x"}, {})
    assert command.encode({"text": "x", "size": np.array(3.0)}, {})["size"] == 3.0


def test_a_process_whose_model_is_spent_says_so_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = Model([Spent("The GPU is lost.")])
    model.commands = {"paint": Command(name="paint", inputs={}, outputs={})}
    monkeypatch.setattr(worker, "start", lambda spec: (model, {}))
    codec, (ours, theirs) = Codec(), socket.socketpair()
    with ours, theirs:
        pipe = WorkersEnd(ours)
        for _ in range(2):
            pipe.send(codec.pack(Predict("paint", [{}])))
        spec = msgspec.msgpack.encode(ModelSpec(name="it", family="painter"))
        worker.main(theirs, spec, ["", ""])
        ready, answered = (codec.unpack(pipe.receive()) for _ in range(2))
        assert isinstance(ready, Ready)
        assert isinstance(answered, Answers)
        assert answered.answers == [CallError("The GPU is lost.", is_last=True)]
        assert not pipe.waits(0)  # of the second nothing was read
