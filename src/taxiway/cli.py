"""The command line: parse, call, print. Heavy imports wait until a command needs them."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

COMMANDS = ("run", "generate", "models", "inspect", "convert", "doctor")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message}; see {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 for an error, 2 for a port in use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in HELP):
        arguments = ["run", *arguments]
    parsed, rest = parser().parse_known_args(arguments)
    if rest and parsed.command != "generate":
        parser().error(f"unknown argument {rest[0]}")
    parsed.rest = rest
    from taxiway.core.errors import TaxiwayError

    try:
        run: Callable[[argparse.Namespace], int | None] = globals()[f"do_{parsed.command}"]
        return run(parsed) or 0
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{error.strerror}: {error.filename}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


HELP = ("-h", "--help", "--version")


def parser() -> Parser:
    """The arguments of every command."""
    root = Parser(
        prog="taxiway",
        description="Run a generative model on your own machine and play it live. "
        "Without a command: run the default model.",
    )
    root.add_argument("--version", action="version", version=f"taxiway {version('taxiway')}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="run a model: the studio, and its address for programs")
    run.add_argument("model", nargs="?", help="a model's name, or a checkpoint file")
    run.add_argument("--checkpoint", type=Path, metavar="FILE", help="a StyleGAN2 or 3 checkpoint")
    run.add_argument(
        "--port", type=port_number, default=8000, metavar="N", help="8000 if not given"
    )
    run.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    run.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    run.add_argument("--no-browser", action="store_true", help="do not open the studio")

    generate = commands.add_parser(
        "generate",
        help="save pictures of seeds",
        epilog="Any other input of the model is an option too, such as --noise-mode none.",
    )
    generate.add_argument("model", help="a model's name, or a checkpoint file")
    generate.add_argument("--checkpoint", type=Path, metavar="FILE")
    generate.add_argument("--seeds", required=True, metavar="RANGE", help="such as 0-9 or 1,5,7-9")
    generate.add_argument("--psi", type=float, metavar="PSI", help="truncation")
    generate.add_argument("--out", type=Path, required=True, metavar="DIR")
    generate.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))

    commands.add_parser("models", help="list the models there are")
    inspect = commands.add_parser("inspect", help="tell what a checkpoint holds, running nothing")
    inspect.add_argument("file", type=Path)
    inspect.add_argument("--json", action="store_true")
    convert = commands.add_parser("convert", help="rewrite a checkpoint as safetensors")
    convert.add_argument("file", type=Path)
    convert.add_argument("out", type=Path, metavar="OUT.safetensors")
    convert.add_argument("--dtype", default="float32", choices=("float32", "float16"))
    commands.add_parser("doctor", help="tell what this machine can do, measured")
    return root


def port_number(text: str) -> int:
    """A port; 0 takes any free one."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number up to 65535, got {text!r}")
    return int(text)


def do_run(parsed: argparse.Namespace) -> None:
    from taxiway import app
    from taxiway.core.config import Config
    from taxiway.library import catalog

    card = catalog.choose(parsed.model or catalog.DEFAULT, parsed.checkpoint)
    config = Config(host=parsed.host, port=parsed.port)
    app.run(config, card, {"device": parsed.device}, open_browser=not parsed.no_browser)


def do_generate(parsed: argparse.Namespace) -> None:
    from taxiway.generate import generate
    from taxiway.latent.sample import parse_seeds
    from taxiway.library import catalog

    card = catalog.choose(parsed.model, parsed.checkpoint)
    inputs = more_inputs(parsed.rest)
    if parsed.psi is not None:
        inputs["truncation"] = parsed.psi
    spec = catalog.spec(card, {"device": parsed.device})
    asyncio.run(generate(spec, parse_seeds(parsed.seeds), inputs, parsed.out))


def more_inputs(rest: Sequence[str]) -> dict[str, Any]:
    """`--noise-mode none --label=3` as inputs: text that reads as JSON is that, else text."""
    inputs: dict[str, Any] = {}
    words = [piece for word in rest for piece in word.split("=", 1)]
    if len(words) % 2 or any(not name.startswith("--") for name in words[::2]):
        parser().error(f"cannot make sense of {' '.join(rest)!r}")
    for name, text in zip(words[::2], words[1::2], strict=True):
        try:
            inputs[name[2:].replace("-", "_")] = json.loads(text)
        except ValueError:
            inputs[name[2:].replace("-", "_")] = text
    return inputs


def do_models(parsed: argparse.Namespace) -> None:
    from taxiway.library import catalog

    for card in catalog.cards():
        default = " (default)" if card.name == catalog.DEFAULT else ""
        print(f"{card.name}{default}\n    {card.summary}")
    print(
        "stylegan --checkpoint FILE\n    Your own StyleGAN2 or StyleGAN3: .pkl, .pt, .safetensors"
    )


def do_inspect(parsed: argparse.Namespace) -> None:
    from taxiway.networks.checkpoint import inspect_checkpoint

    report = inspect_checkpoint(parsed.file)
    print(json.dumps(report.to_dict(), indent=1) if parsed.json else report.text())


def do_convert(parsed: argparse.Namespace) -> None:
    from taxiway.networks.checkpoint import read_checkpoint, write_checkpoint

    write_checkpoint(parsed.out, read_checkpoint(parsed.file), parsed.dtype)
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).")


def do_doctor(parsed: argparse.Namespace) -> None:
    from taxiway.doctor import report

    for line in report():
        print(line)
