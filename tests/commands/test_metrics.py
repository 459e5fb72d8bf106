import argparse
import json

import pytest
from torch import nn

from command_line import taxiway
from paths import FIXTURES
from refusals import refusal
from taxiway.cli import main
from taxiway.commands import metrics
from training.datasets.pictures.folders import fill, noise

CHECKPOINT = FIXTURES / "stylegan2-ada_32.pkl"


def test_a_model_is_held_against_pictures(tmp_path) -> None:
    pictures = fill(tmp_path / "in", 40)
    done = taxiway("metrics", CHECKPOINT, pictures, "--count=24", "--size=32", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["pictures_a"], found["pictures_b"]) == (24, 24)
    assert found["metrics"]["kid"] > 0.05
    assert set(found["metrics"]) == {
        *("kid", "frechet", "sliced_wasserstein", "precision", "recall", "variety")
    }


def test_the_table_tells_what_is_good(tmp_path) -> None:
    first, second = fill(tmp_path / "a", 24), fill(tmp_path / "b", 24, first=100)
    done = taxiway("metrics", first, second, "--metrics", "kid,pr", "--size", "32")
    assert done.returncode == 0, done.stderr
    assert "0 is equal" in done.stdout
    assert "24 pictures of A, 24 of B" in done.stdout
    assert "variety" not in done.stdout


def test_fid_is_told_where_its_weights_are_given(tmp_path, monkeypatch, capsys) -> None:
    little = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())
    monkeypatch.setattr("taxiway.training.inception.read_inception", lambda path: little)
    first, second = fill(tmp_path / "a", 24), fill(tmp_path / "b", 24, first=100)
    words = [str(first), str(second), "--size=32", "--metrics=variety", "--inception=some.pth"]
    parser = argparse.ArgumentParser()
    metrics.arguments(parser)
    metrics.run(parser.parse_args([*words, "--json"]))
    found = json.loads(capsys.readouterr().out)["metrics"]
    assert set(found) == {"variety", "fid"}
    assert found["fid"] > 0
    metrics.run(parser.parse_args(words))
    assert "FID" in capsys.readouterr().out


def test_pictures_that_are_all_alike_measure_nothing(tmp_path, capsys) -> None:
    for i in range(24):
        noise(7).save(fill(tmp_path / "same", 0) / f"{i}.png")
    other, same = str(fill(tmp_path / "in", 24)), str(tmp_path / "same")
    assert main(["metrics", other, same, "--size", "32"]) == 1
    assert (
        capsys.readouterr().err
        == f"All pictures of '{same}' look alike; nothing is far from them.\n"
    )
    assert main(["metrics", same, other, "--size", "16"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "none"], "There is no folder or file 'none'. No model named 'none'"),
        (["painter", "painter"], "'painter' has no checkpoint"),
        (["rainbow", "rainbow", "--metrics", "fid"], "'metrics' takes kid, fd, swd, pr, variety"),
        (["rainbow", "rainbow", "--size", "1024"], "makes no pictures of 1024 pixels"),
        (["rainbow", "rainbow", "--inception", "no.pth"], "There is no file 'no.pth'"),
        (["rainbow", "rainbow", "--size", "33"], "'size' takes 16, 32, 64"),
        (["rainbow", "rainbow", "--count", "-1"], "a whole number from 20 on is needed, got '-1'"),
        (["rainbow", "rainbow", "--psi", "nan"], "a number from -5 to 5 is needed, got 'nan'"),
        ([".", "."], "A figure takes 20 pictures; '.' has 0 that can be used, of 64 pixels"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    arguments, message, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refusal(capsys, "metrics", *arguments)
