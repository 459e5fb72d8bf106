"""`taxiway run`: models with their studio and their addresses."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands import DEVICE, DEVICES, _operating, add_options, given_options, option_words
from taxiway.commands._flags import names_of

if TYPE_CHECKING:
    from taxiway.catalog.catalog import Card
    from taxiway.core.config import Config
    from taxiway.core.model import Model
    from taxiway.live.chains import Link
    from taxiway.live.members import Members

OF_ONE_MODEL = {
    "--checkpoint": "checkpoint", "--option": "option", "--command": "means", "--python": "python",
    "--sink": "sink", "--source": "source",
}  # fmt: skip
LATER = OWN_HELP = True
HELP = "run a model, or several: the studio, and an address each for programs"


def arguments(parser: argparse.ArgumentParser) -> None:
    # A model's own flags must not be taken for short forms of ours.
    parser.allow_abbrev = False
    parser.add_argument(
        "-h", "--help", action="store_true", help="show this; with a MODEL, its own options too"
    )
    parser.add_argument(
        "model", nargs="*",
        help="a model's name, a checkpoint file, the folder of a ported model, or package.module:"
        "Class; its own options follow as flags, see taxiway run MODEL --help",
    )  # fmt: skip
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE",
        help="a checkpoint, for MODEL, or for the family that opens it",
    )  # fmt: skip
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="an option of the model's set-up, as --NAME VALUE; again for more",
    )  # fmt: skip
    parser.add_argument("--command", metavar="NAME", dest="means", help="what a query means")
    parser.add_argument(
        "--python", type=Path, metavar="FILE", help="the Python that a ported model runs in"
    )
    parser.add_argument(
        "--chain", action="append", default=[], metavar="A:B",
        help="let the output of A be the input of B; A.image:B.photo names which",
    )  # fmt: skip
    parser.add_argument(
        "--workspace", type=Path, metavar="FILE",
        help="run the models of a workspace that the studio saved, with their chains and presets",
    )  # fmt: skip
    for flag, what, command in (
        ("--sink", "send the frames there, such as --sink folder path=out", "outputs"),
        ("--source", "let inputs come from there, such as --source frames path=photos", "sources"),
    ):
        parser.add_argument(
            flag, action="append", default=[], nargs="+", metavar=("NAME", "SETTING=VALUE"),
            help=f"{what}; again for more; see taxiway {command}",
        )  # fmt: skip
    parser.add_argument(
        "--server", action="append", default=[], nargs="+", metavar=("NAME", "SETTING=VALUE"),
        help="settings of another package's server, or off; see taxiway servers",
    )  # fmt: skip
    machines_arguments(parser)
    parser.add_argument(
        "--keep-jobs", type=_operating.days, metavar="DAYS",
        help="delete what tools made, trainings not, so long after it ended; never if not given",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="do not open the studio")
    addresses(parser)
    _operating.arguments(parser)


def machines_arguments(parser: argparse.ArgumentParser) -> None:
    """What models run on, and how long they may take."""
    parser.add_argument("--device", default="auto", choices=DEVICES, help=DEVICE)
    parser.add_argument(
        "--query-seconds", type=seconds_or_off, default=300.0, metavar="N",
        help="start a model anew that gives no answer for so long; 300 if not given, or off",
    )  # fmt: skip
    parser.add_argument(
        "--on", metavar="BOX",
        help="run it on another machine: ssh://user@host, or ray for a cluster, or a name given by "
        "taxiway remote add; on several: a,b,here, or a file with one on each line",
    )  # fmt: skip
    parser.add_argument(
        "--executor", choices=("process", "thread"), default="process",
        help="thread: models in this very process, so that an output of textures may take pictures "
        "from the GPU; one that crashes takes everything with it",
    )  # fmt: skip


def addresses(parser: argparse.ArgumentParser) -> None:
    """Where to listen, and whom to let in."""
    doors = parser.add_argument_group("addresses", "A second model is one port further, and so on.")
    host_argument(doors)
    root_path_argument(doors, "; {port} stands for a model's port: /proxy/{port}")
    for name, port, what in (
        ("port", 8000, "HTTP and the studio"),
        ("socketio-port", 3000, "Socket.IO, or off"),
        ("osc-port", 57100, "OSC, or off"),
        ("hub-port", 5142, "Runway's Photoshop and Unity plug-ins, or off"),
    ):
        takes = port_number if name == "port" else port_or_off
        doors.add_argument(f"--{name}", type=takes, default=port, metavar="N", help=f"{what}")
    doors.add_argument(
        "--osc-log", action="store_true",
        help="print what comes by OSC: from whom, and what of it does nothing and why",
    )  # fmt: skip
    doors.add_argument(
        "--mapping", type=Path, metavar="FILE",
        help="which knobs and messages move what, as the studio's Mapping panel keeps it",
    )  # fmt: skip
    doors.add_argument(
        "--photoshop", action="store_true",
        help="let panels start models at the hub; pages of the web can pose as such",
    )  # fmt: skip
    doors.add_argument(
        "--allow-origin", action="append", type=origin, metavar="ORIGIN",
        help="only pages of this origin may ask, such as https://editor.p5js.org; again for more",
    )  # fmt: skip
    doors.add_argument(
        "--open", type=Path, action="append", default=[], metavar="FOLDER", dest="open_folders",
        help="a folder below which the owner's page may name paths, beside the data folder; "
        "again for more",
    )  # fmt: skip
    doors.add_argument(
        "--owner-link", action="store_true",
        help="print a link by which another device may start, stop, train and open files too",
    )  # fmt: skip
    doors.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="a name by which this server may be called, beside localhost; again for more",
    )  # fmt: skip


def host_argument(parser: "argparse._ActionsContainer") -> None:
    """Which of this machine's addresses to listen at."""
    parser.add_argument(
        "--host", type=address, default="127.0.0.1", help="0.0.0.0 lets other machines in"
    )


def address(text: str) -> str:
    """An address or name to listen at, which an empty word is not. Raises ArgumentTypeError."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no address; 127.0.0.1 is this machine")
    return text


def root_path_argument(parser: "argparse._ActionsContainer", more: str = "") -> None:
    """Where a proxy shows us."""
    parser.add_argument(
        "--root-path", type=root_path, default="", metavar="PATH",
        help=f"the path of a proxy below which this is found, such as /taxi{more}",
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> None:
    from taxiway.core.logs import logging_to

    if parsed.help:
        print_help(parsed)
        return
    from msgspec import structs

    workspace = parsed.workspace.read_bytes() if parsed.workspace else None
    cards = chosen(parsed) if parsed.model or workspace is None else [first_of(workspace)]
    links = [link(text) for text in parsed.chain]
    settings = structs.replace(config(parsed), **ways(parsed))
    from taxiway import app

    beginning = app.Beginning(links, workspace, not parsed.no_browser, parsed.owner_link)
    with logging_to(_operating.log_settings(parsed)):
        app.run(settings, cards, {"device": parsed.device}, beginning, command=parsed.means)


def first_of(workspace: bytes) -> "Card":
    """The card of the first model of a workspace that is here; the others are started after it."""
    from msgspec import structs

    from taxiway.catalog import catalog
    from taxiway.catalog.folder import data_path
    from taxiway.catalog.kept import KeptModels
    from taxiway.core.errors import InvalidArgument, NotFound
    from taxiway.live.workspace import unpacked

    places = unpacked(workspace).models
    for place in places:
        card = KeptModels(data_path() / "models").find(place.name)
        if card is not None:
            return card
        try:
            card = catalog.of_client(place.name, place.options)
        except NotFound:
            continue
        return structs.replace(card, setup={**place.options, **card.setup})
    names = ", ".join(place.name for place in places)
    raise InvalidArgument(f"No model of this workspace is here: {names}.")


def chosen(parsed: argparse.Namespace) -> "list[Card]":
    """The cards of the models, with their options, which their families would take."""
    from taxiway.catalog import catalog
    from taxiway.core.errors import InvalidArgument

    models = parsed.model or [None if parsed.checkpoint else catalog.DEFAULT]
    flags = [flag for flag, name in OF_ONE_MODEL.items() if getattr(parsed, name)] + parsed.rest
    if len(models) > 1 and flags:
        raise InvalidArgument(f"{flags[0]} goes with one model, got {len(models)}.")
    cards = [catalog.choose(model, parsed.checkpoint) for model in models]
    if len(cards) == 1:
        cards = [with_options(cards[0], parsed)]
    for index, card in enumerate(cards):
        catalog.checked(catalog.spec(card))
        if any(other.name == card.name and other != card for other in cards[:index]):
            raise InvalidArgument(f"Two models would be called '{card.name}'; rename one's file.")
    return cards


def with_options(card: "Card", parsed: argparse.Namespace) -> "Card":
    """The card with options of its set-up, those of no known name together in one if it has it."""
    from msgspec import structs

    from taxiway.core import declaration
    from taxiway.core.text_values import named_values

    family = declaration.family(card.family)
    options = named_values(parsed.option, family.options)
    own, rest = flags_of(card, family, parsed.parser).parse_known_args(parsed.rest)
    others = getattr(family, "others", None)
    if rest and others is None:
        there_are = ", ".join(free_options(card, family)) or "none"
        parsed.parser.error(
            f"unknown argument {rest[0]}, the options of '{card.name}' are: {there_are}"
        )
    options |= named_values(f"{name}={text}" for name, text in option_words(parsed.parser, rest))
    if others and options:
        options = {others: options}
    if parsed.python is not None:
        options["python"] = str(parsed.python)
    return structs.replace(
        card, setup={**options, **given_options(own, family.options), **card.setup}
    )


def print_help(parsed: argparse.Namespace) -> None:
    """The command's help, and that of the model's own options."""
    from taxiway.catalog import catalog
    from taxiway.core import declaration

    parsed.parser.print_help()
    for model in parsed.model or ([None] if parsed.checkpoint else []):
        card = catalog.choose(model, parsed.checkpoint)
        family = declaration.family(card.family)
        print("\n" + flags_of(card, family, parsed.parser).format_help(), end="")


def flags_of(card: "Card", family: "type[Model]", parser: argparse.ArgumentParser) -> Any:
    """A parser of the options that are a family's own and that the card leaves open."""
    own = type(parser)(prog=parser.prog, usage=argparse.SUPPRESS, add_help=False)
    own.allow_abbrev = False
    free = free_options(card, family)
    ours = set(re.findall(r"--[\w-]+", parser.format_help()))

    def is_ours(name: str) -> bool:
        return names_of(name)[-1] in ours

    group = own.add_argument_group(
        f"options of {card.name}" if free else f"{card.name} has no options",
        "; ".join(f"{names_of(each)[-1]} as above" for each in free if is_ours(each)) or None,
    )
    add_options(group, {name: free[name] for name in free if not is_ours(name)})
    return own


def free_options(card: "Card", family: "type[Model]") -> dict[str, Any]:
    """The options that the card does not fix."""
    fixed = {*card.setup, *(["checkpoint"] if card.checkpoint else [])}
    one_of = set(getattr(family, "needs_one_of", ()))
    fixed |= one_of if fixed & one_of else set()
    return {name: field for name, field in family.options.items() if name not in fixed}


def config(parsed: argparse.Namespace) -> "Config":
    """How to listen, from the flags."""
    from taxiway.core.config import Config
    from taxiway.web.addresses import bare

    return Config(
        host=bare(parsed.host),
        port=parsed.port,
        root_path=parsed.root_path,
        socketio_port=parsed.socketio_port,
        osc_port=parsed.osc_port,
        osc_log=parsed.osc_log,
        mapping=mapping_file(parsed.mapping),
        hub_port=parsed.hub_port,
        query_seconds=parsed.query_seconds,
        executor=parsed.executor,
        on=machines(parsed.on) if parsed.on else "",
        open_folders=tuple(map(folder, parsed.open_folders)),
        hub_null_origin=parsed.photoshop,
        allowed_hosts=tuple(parsed.allow_host),
        allowed_origins=tuple(parsed.allow_origin or ("*",)),
        servers=dict(server_settings(words) for words in parsed.server),
        keep_jobs_days=parsed.keep_jobs,
        **_operating.settings(parsed),
    )


def machines(on: str) -> str:
    """The machines to run on, by their addresses. Raises InvalidArgument or NotFound."""
    from taxiway.catalog.remotes import machines_of
    from taxiway.engine.executor import check_machine
    from taxiway.engine.executors.pool import addresses

    found = machines_of(on)
    for address in addresses(found):
        check_machine(address)
    return found


def folder(given: Path) -> str:
    """A folder to open to the owner's page. Raises NotFound."""
    from taxiway.core.errors import NotFound

    if not given.expanduser().is_dir():
        raise NotFound(f"There is no folder '{given}' to open.")
    return str(given)


def mapping_file(given: Path | None) -> str | None:
    """The path of a mapping, which need not be there yet. Raises InvalidArgument if it is none."""
    if given is None:
        return None
    from taxiway.live.mapping.bindings import read

    path = given.expanduser().absolute()
    read(path)
    return str(path)


def server_settings(words: list[str]) -> tuple[str, dict[str, object]]:
    """`NAME SETTING=VALUE ...` or `NAME off` as a server's settings. Raises NotFound."""
    from taxiway.core import slots
    from taxiway.core.errors import InvalidArgument
    from taxiway.core.text_values import named_values

    name, *given = words
    kind = slots.load("servers", name)
    if given == ["off"]:
        return name, {"port": None}
    if unknown := [word for word in given if word.partition("=")[0] not in kind.settings]:
        raise InvalidArgument(f"'{name}' has no setting '{unknown[0]}'; see taxiway servers.")
    return name, named_values(given, kind.settings, f"'{name}'")


def ways(parsed: argparse.Namespace) -> dict[str, dict[str, dict[str, object]]]:
    """The sinks and sources from the flags, with their settings, which are checked here."""
    if not (parsed.sink or parsed.source):
        return {}
    from taxiway.live.inputs import sources
    from taxiway.live.outputs import sinks

    return {"sinks": given(sinks(), parsed.sink), "sources": given(sources(), parsed.source)}


def given(members: "Members[Any]", lists: list[list[str]]) -> dict[str, dict[str, object]]:
    """`NAME SETTING=VALUE ...` of each member. Raises InvalidArgument or NotFound."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.core.text_values import named_values

    found: dict[str, dict[str, object]] = {}
    for name, *words in lists:
        if name in found:
            raise InvalidArgument(f"'{name}' is given twice; it can run once for a model.")
        found[name] = named_values(words, members.declaration(name).inputs, f"'{name}'")
        members.decode(name, found[name])
    return found


def link(text: str) -> "Link":
    """`A:B` or `A.image:B.photo`; what stands behind the last dot of either is a field's name."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.live.chains import Link

    source, colon, target = text.partition(":")
    if not (source and colon and target):
        raise InvalidArgument(f"A chain is A:B, such as rainbow:edges, got '{text}'.")
    (giver, _, output), (taker, _, taken) = source.partition("."), target.partition(".")
    return Link(source=giver, output=output, target=taker, input=taken)


def origin(text: str) -> str:
    """The origin of pages as browsers tell it; a slash behind it is none of theirs."""
    bare = text.rstrip("/").lower()
    if bare not in ("*", "null") and not re.fullmatch(r"[a-z][a-z\d+.-]*://[^/?#\s]+", bare):
        raise argparse.ArgumentTypeError(
            f"an origin is written as https://editor.p5js.org, got {text!r}"
        )
    return bare


def root_path(text: str) -> str:
    """A path, with a slash before it and none behind."""
    path = "/" + text.strip("/") if text.strip("/") else ""
    if not re.fullmatch(r"(/[\w.~@{}-]+)*", path.replace("{port}", ""), re.ASCII):
        raise argparse.ArgumentTypeError(f"a path is written as /taxi, got {text!r}")
    return path


def seconds_or_off(text: str) -> float | None:
    """A time in seconds, or None for `off`."""
    if text == "off":
        return None
    if not re.fullmatch(r"\d{1,7}(\.\d{1,6})?", text, re.ASCII) or not float(text):
        raise argparse.ArgumentTypeError(f"a time is a number of seconds or off, got {text!r}")
    return float(text)


def port_number(text: str) -> int:
    """A port; 0 takes any free one."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number up to 65535, got {text!r}")
    return int(text)


def port_or_off(text: str) -> int | None:
    """A port, or None for `off`."""
    return None if text == "off" else port_number(text)
