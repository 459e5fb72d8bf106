"""`taxiway completion`: what each shell makes of it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from command_line import taxiway
from taxiway import commands
from taxiway.catalog import catalog
from taxiway.catalog.catalog import Card

BASH = """
source {script}
asked() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_taxiway taxiway "${{@: -1}}" x
echo "${{COMPREPLY[@]}}"; }}
asked taxiway ""
asked taxiway run rainb
asked taxiway run sketch
asked taxiway run --osc
asked taxiway models ver
asked taxiway run --device c
"""
PATH = "/usr/local/bin:/usr/bin:/bin"
FISH = """
source {script}
for line in "taxiway " "taxiway run rainb" "taxiway run sketch" "taxiway run --osc" \
    "taxiway models ver" "taxiway run --device c"
  echo (complete -C $line | string split -f1 \\t)
end
"""
ZSH = "fpath+={folder}; autoload -Uz compinit; compinit -u -D; autoload +X _taxiway; echo $_comps"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sketch.pkl").touch()
    evil = Card(name="rainb$(touch evil)", title="", summary="", family="painter")
    offered = catalog.offered()
    monkeypatch.setattr(catalog, "offered", lambda: [evil, *offered])
    return tmp_path


@pytest.mark.parametrize(("shell", "asks"), [("bash", BASH), ("fish", FISH)])
def test_a_shell_completes_commands_flags_models_and_files(
    shell: str, asks: str, folder: Path
) -> None:
    if (found := shutil.which(shell)) is None:
        pytest.skip(f"no {shell} here")
    (folder / "script").write_text(taxiway("completion", shell).stdout)
    done = subprocess.run(
        [found, "-c", asks.format(script=folder / "script")],
        capture_output=True, text=True, cwd=folder, env={"HOME": str(folder), "PATH": PATH},
    )  # fmt: skip
    every, model, file, flags, action, device = (
        set(line.split()) for line in done.stdout.splitlines()
    )
    assert every >= set(commands.names()), done.stderr
    assert (model, file) == ({"rainbow"}, {"sketch.pkl"})
    assert flags >= {"--osc-port", "--osc-log"}
    assert (action, device) == ({"verify"}, {"cpu", "cuda"})
    assert not (folder / "evil").exists()


def test_zsh_takes_it(folder: Path) -> None:
    if (zsh := shutil.which("zsh")) is None:
        pytest.skip("no zsh here")
    (folder / "_taxiway").write_text(taxiway("completion", "zsh").stdout)
    done = subprocess.run(
        [zsh, "-f", "-c", ZSH.format(folder=folder)],
        capture_output=True, text=True, cwd=folder, env={"HOME": str(folder), "PATH": PATH},
    )  # fmt: skip
    assert "_taxiway" in done.stdout.split(), done.stderr
    assert done.stderr == ""
