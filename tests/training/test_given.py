"""What is wrong with another package's trainer is one sentence with its line, and no traceback."""

from pathlib import Path

import pytest
from PIL import Image

import stranger
from taxiway import cli
from taxiway.training.datasets.pictures.packed import packing

[(FILE, SOURCE)] = stranger.from_docs("A trainer")[0].items()


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("noise") / "noise.zip"
    with packing(path) as packed:
        for level in range(4):
            packed.add(Image.new("RGB", (16, 16), (50 * level, 100, 200)), None)
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def step", "def stride", "needs a method step(self)"),
        ("def sample", "def samples", "needs a method sample(self)"),
        ("def trainer(", "def trainers(", "needs a method trainer(self, config, data, group)"),
        ("def read(", "def reed(", "needs a method read(self, asked, known)"),
        ("class Colour(Recipe)", "class Colour", "needs the parent taxiway.training.trainer.Rec"),
        ("measures =", "measure_of =", "needs measures = ('distance',), names in a tuple, got"),
        ("{\"distance\"", "{\"other\"", "gives no 'distance' from measure"),
        ("return Description(", "return repr(", "failed: TypeError: repr() takes exactly one"),
        ("return Description(\"colour\",", "return str and (", "gives a Description from describe"),
        (".astype(np.uint8)", "", "from sample, got float64 [1, 16, 16, 3]"),
        ("self.seen, self.size = 0, 1", "self.seen, self.size = 0, 16", "has the size 16, which"),
        ("self.seen += len(batch)", "pass", "has to raise seen in step"),
        ("return {\"loss\"", "return 1 / 0", "failed: ZeroDivisionError: division by zero"),
        ("write_tensors(path", "write_tensors(1 / 0", "failed: ZeroDivisionError: division"),
        ("{\"rate\": Number", "{\"rate\": 4} or {\"rate\": Number", "whose type is no data"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(
    old: str,
    new: str,
    said: str,
    noise: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert old in SOURCE
    if old.startswith("return {"):
        new = f"{new}\n        {old}"
    points = {"taxiway.trainers: colour": "colour:Colour"}
    site = stranger.install(tmp_path, {FILE: SOURCE.replace(old, new)}, points, monkeypatch)
    words = ["train", "colour", str(noise), "--out", str(tmp_path / "o"), "--kimg", "0.01"]
    try:
        code = cli.main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    sentence = capsys.readouterr().err.strip()
    assert code == 1
    assert len(sentence.splitlines()) == 1, sentence
    assert said in sentence
    assert f"({site / FILE}, line " in sentence
