"""What the command line says when it refuses."""

import pytest

from taxiway.cli import main


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said of arguments that are refused: one line, and the program ends with 1."""
    try:
        code: object = main(list(arguments))
    except SystemExit as ended:
        code = ended.code
    assert code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said
