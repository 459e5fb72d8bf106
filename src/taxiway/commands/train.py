"""`taxiway train`: a model from a dataset."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands import DEVICE, DEVICES, add_options, given_options, number, whole_number

if TYPE_CHECKING:
    from taxiway.training.config import TrainingConfig

HELP = "train a model on a prepared dataset"
FAMILY = "stylegan"
"""What is trained where nobody says otherwise."""
SOURCES = {
    "dataset": "what `taxiway dataset prepare` wrote",
    "model": "the model that teaches: its name or file",
}
"""What is learnt from."""
ASKED = {
    "title": "What is the model called?",
    "licence": "Under which licence may it be used?",
    "data": "What do the {unit} show, and whose are they?",
}
"""What a card says and only its maker knows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    from taxiway.core.errors import TaxiwayError
    from taxiway.training.trainer import find

    words = getattr(parser, "words", ())
    family = named(words)
    try:
        recipe = find(family or begun(words) or FAMILY)
    except TaxiwayError as error:
        parser.exit(1, f"{error}\n")
    parser.set_defaults(family=family, recipe=recipe, typed=list(words))
    if family:
        parser.add_argument("named", metavar="FAMILY", help="what kind of model")
    source = recipe.source
    parser.add_argument("dataset", type=Path, metavar=source.upper(), help=SOURCES[source])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="the folder to fill")  # fmt: skip
    parser.add_argument("--from", dest="start", metavar="CHECKPOINT",
                        help="start from a model: its name, file or training folder")  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on where DIR stopped")
    parser.add_argument("--kimg", type=number(0), metavar="N",
                        help=f"thousands of {recipe.unit} to show")  # fmt: skip
    parser.add_argument("--device", default="auto", choices=DEVICES, help=DEVICE)
    parser.add_argument("--on", metavar="BOX",
                        help="train on another machine: ssh://user@host, ray for one of a cluster, "
                        "or a name of taxiway remote add")  # fmt: skip
    parser.add_argument("--processes", type=whole_number(1, digits=9), metavar="N",
                        help="share each batch among so many, one to a GPU: 1")  # fmt: skip
    for name, question in ASKED.items():
        parser.add_argument(f"--{name}", metavar="TEXT", help=question.format(unit=recipe.unit))
    add_options(parser, recipe.options)
    if not family:
        parser.epilog = others_of(parser.prog) if {"-h", "--help"} & {*words} else None


def others_of(prog: str) -> str:
    """What else can be trained, and why some of it cannot."""
    from taxiway.core.errors import TaxiwayError
    from taxiway.training.trainer import find

    there, reasons = [], []
    for name in trainers():
        try:
            there += [name] if name != FAMILY and find(name) else []
        except (TaxiwayError, OSError) as error:
            reasons.append(str(error))
    also = [f"Also: {prog} FAMILY DATASET, of {', '.join(there)}."] if there else []
    return " ".join([*also, *reasons]).replace("%", "%%")


def trainers() -> list[str]:
    """The names of what can be trained."""
    from taxiway.core import slots

    return slots.members("trainers")


def named(words: Sequence[str]) -> str:
    """The family among what was typed; nothing where none is named."""
    known = trainers()
    first = next((word for word in words if word in known or is_reference(word)), "")
    if not any(word.startswith("-") for word in words[:2]) and len(words) > 1:
        first = words[0]  # a family, since a dataset is one word
    positional = [word for word in words if not word.startswith("-")]
    return first if len(positional) > 1 or first != FAMILY else ""


def is_reference(word: str) -> bool:
    """Whether a word is `package.module:Class`."""
    module, colon, attribute = word.partition(":")
    return (
        bool(colon) and attribute.isidentifier() and all(map(str.isidentifier, module.split(".")))
    )


def run(parsed: argparse.Namespace) -> int | None:
    if parsed.on:
        return elsewhere(parsed)
    from taxiway.core.extras import need
    from taxiway.core.faults import blamed
    from taxiway.training.config import check_free

    for module in getattr(parsed.recipe, "needs", ()):
        need(module, "Training", parsed.recipe.extra)
    check_free(parsed.out, parsed.resume)
    with blamed(parsed.recipe, f"Training '{parsed.family or FAMILY}'"):
        trained(parsed)
    return None


def elsewhere(parsed: argparse.Namespace) -> int:
    """Train on another machine, with the folder here. Raises TaxiwayError."""
    from taxiway.catalog.remotes import address_of
    from taxiway.engine.places import place_of
    from taxiway.jobs.training_elsewhere import Wanted, train
    from taxiway.training.config import check_free
    from taxiway.training.run_folder import working
    from taxiway.training.terminal import stopping, what_plays

    check_free(parsed.out, parsed.resume)
    wanted = Wanted(
        on=address_of(parsed.on),
        words=words_elsewhere(parsed),
        dataset=parsed.dataset,
        folder=parsed.out,
        start=start_path(parsed.start) if parsed.start else None,
        resume=parsed.resume,
    )
    place_of(wanted.on)
    with working(parsed.out), stopping() as stop:
        code = train(wanted, stop, tell)
    if (model := parsed.out / "model.safetensors").exists():
        tell(what_plays(model))
    return code


def tell(words: str) -> None:
    """Print; a training over there goes on where nobody reads that any more."""
    try:
        print(words, end="\n" if words else "", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        pass  # such as a log on a disk that is full; the folder tells how far it is


def words_elsewhere(parsed: argparse.Namespace) -> list[str]:
    """What was typed, with marks for what lies elsewhere over there."""
    from taxiway.jobs.training_elsewhere import DATASET, OUT, START

    words, is_value = list[str](), False
    for word in parsed.typed:
        name, equals, _ = word.partition("=")
        if is_value:
            is_value = False
        elif name in ("--on", "--out", "--from"):
            is_value = not equals
        elif DATASET not in words and not word.startswith("-") and Path(word) == parsed.dataset:
            words.append(DATASET)
        else:
            words.append(word)
    words += ["--out", OUT] + (["--from", START] if parsed.start else [])
    told = [] if parsed.resume else [name for name in ASKED if getattr(parsed, name) is None]
    return words + [f"--{name}={text}" for name in told if (text := answer(parsed, name))]


def trained(parsed: argparse.Namespace) -> None:
    """Train as was typed. Raises TaxiwayError, or whatever the recipe and its trainer raise."""
    from taxiway.training.run_folder import working
    from taxiway.training.terminal import work
    from taxiway.training.trainer import Asked

    folder, recipe = parsed.out, parsed.recipe
    if recipe.source == "model":
        parsed.dataset = start_path(str(parsed.dataset))
    if parsed.resume:
        check_begun(parsed)
    known = recipe.read_config(folder) if parsed.resume else None
    given = given_options(parsed, recipe.options)
    if known:
        check_kept(parsed, given, known)
    asked = Asked(
        parsed.dataset,
        kimg=parsed.kimg,
        device=None if parsed.device == "auto" else parsed.device,
        processes=parsed.processes,
        given=given,
        start=start_path(parsed.start) if parsed.start and not known else None,
    )
    data = recipe.read(asked, known)
    if known:
        told = {name: text for name in ASKED if (text := getattr(parsed, name)) is not None}
        config = recipe.changed(known, asked)
        config = replace(config, about=replace(config.about, **told))
        if parsed.dataset.resolve() != Path(known.dataset).resolve():
            print(f"It began on '{known.dataset}' and goes on with '{parsed.dataset}'.")
    else:
        config = recipe.configure(asked, data)
        about = replace(config.about, **{name: answer(parsed, name) for name in ASKED})
        config = replace(
            config,
            about=about,
            trainer=parsed.family,
            unit=recipe.unit,
            options=recipe.values(asked),
        )
    with working(folder):
        work(recipe, config, folder, data)


def begun(words: Sequence[str]) -> str:
    """What trained in the folder of a training that is to go on; nothing where that is unknown."""
    from taxiway.training.config import NAME, read_config

    pieces = [piece for word in words for piece in word.split("=", 1)]
    out = dict(pairwise(pieces)).get("--out")
    if "--resume" not in pieces or out is None or not (Path(out) / NAME).exists():
        return ""
    return read_config(Path(out)).trainer


def check_begun(parsed: argparse.Namespace) -> None:
    """Raise InvalidArgument where another trainer began what is to go on."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.training.config import read_config

    began = read_config(parsed.out).trainer or FAMILY
    if parsed.family and parsed.family != began:
        raise InvalidArgument(f"'{parsed.out}' is a training of {began}, not of {parsed.family}.")


def check_kept(
    parsed: argparse.Namespace, given: Mapping[str, Any], known: "TrainingConfig[Any]"
) -> None:
    """Refuse what a training that goes on cannot change, and say what is kept.

    Options that it began with may be named again. Those of an older training are not known.
    """
    from taxiway.core.errors import InvalidArgument

    recipe = parsed.recipe
    if parsed.start and str(start_path(parsed.start).absolute()) != known.start:
        began = f"from '{known.start}'" if known.start else "from nothing"
        raise InvalidArgument(
            f"This training began {began}; take another --out to begin from '{parsed.start}'.",
            "from",
        )
    changes = given.keys() if recipe.resumes is None else recipe.resumes
    kept = [name for name in given if name not in changes]
    for name in kept:
        if name in known.options and known.options[name] != given[name]:
            also = ", ".join(sorted([*changes, "kimg", "device", "processes"]))
            raise InvalidArgument(
                f"'{name}' is {plain(known.options[name])} in this training, got "
                f"{plain(given[name])}; "
                f"--resume changes {also}, for all else begin another.",
                name,
            )
    if unknown := [name for name in kept if name not in known.options]:
        print(f"Kept as it began, whatever is given here: {', '.join(unknown)}.")


def plain(value: object) -> object:
    """The value of an option as it is said."""
    if value is None or isinstance(value, bool):
        return "given" if value else "not given"
    return f"{value:g}" if isinstance(value, float) else value


def start_path(name: str) -> Path:
    """The file, or the training's folder, of a model to start from."""
    from taxiway.catalog import catalog
    from taxiway.core.errors import InvalidArgument

    if Path(name).is_dir():
        if not (Path(name) / "model.safetensors").is_file():
            raise InvalidArgument(f"'{name}' holds no training to start from.", "from")
        return Path(name)
    options = catalog.spec(catalog.choose(name)).options
    if "checkpoint" not in options:
        raise InvalidArgument(f"'{name}' has no checkpoint to start from.")
    return Path(options["checkpoint"])


def answer(parsed: argparse.Namespace, name: str) -> str:
    """What the card says: from the command line, or asked for where somebody can answer."""
    import io

    given = getattr(parsed, name)
    if given is None and sys.stdin.isatty():
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a terminal may write no UTF-8
        try:
            question = ASKED[name].format(unit=parsed.recipe.unit)
            given = input(f"{question} (empty: not stated) ")
        except EOFError:  # Ctrl-D, which leaves the line as it is
            print()
    return (given or "").encode(errors="replace").decode().strip()
