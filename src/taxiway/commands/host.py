"""`taxiway host`: models for others to ask, over the network, with tokens and counts."""

import argparse
from pathlib import Path
from typing import Any

from taxiway.commands import _operating
from taxiway.commands.run import host_argument, port_number, root_path_argument

HELP = "host models for others, with tokens and counts"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _model_arguments(actions)
    _token_arguments(_action(actions, "token", "give and end tokens"))
    told = _action(actions, "usage", "what was asked with each token", "usage")
    told.add_argument("name", nargs="?", help="of one model")
    told.add_argument("--csv", action="store_true", help="for a spreadsheet")
    _serve_arguments(_action(actions, "serve", "answer requests until Ctrl-C", "serve"))
    link = _action(actions, "owner-link", "a link to the teacher's page, good once", "owner_link")
    link.add_argument("--end", action="store_true", help="sign out whoever is signed in, instead")
    _action(actions, "backup", "copy all that is kept, at any time", "backup").add_argument(
        "to", type=Path, metavar="FILE", help="the copy to write"
    )
    _action(actions, "restore", "go back to such a copy, at any time", "restore").add_argument(
        "backup", type=Path, metavar="FILE", help="such a copy"
    )


def run(parsed: argparse.Namespace) -> None:
    from taxiway.core.logs import logging_to
    from taxiway.hosting import actions as host_actions

    if parsed.act == "serve":
        parsed.operating = _operating.settings(parsed)
        with logging_to(_operating.log_settings(parsed)):
            host_actions.serve(parsed)
        return
    getattr(host_actions, parsed.act)(parsed)


def _action(actions: Any, name: str, help: str, act: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help)
    if act:
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="where it is kept; also $TAXIWAY_DATA"
        )
        parser.add_argument(
            "--store", metavar="ADDRESS",
            help="a PostgreSQL database to keep it in, for several machines; also $TAXIWAY_STORE",
        )  # fmt: skip
        parser.set_defaults(act=act, parser=parser)
    return parser


def _model_arguments(actions: Any) -> None:
    made = _action(actions, "create", "host a model", "create")
    made.add_argument("name", help="a-z, 0-9 and '-'; part of its address")
    made.add_argument(
        "--model", required=True, metavar="MODEL",
        help="a model's name, a checkpoint file, or the folder of a ported model",
    )  # fmt: skip
    made.add_argument("--checkpoint", type=Path, metavar="FILE", help="a StyleGAN2 or 3 checkpoint")
    made.add_argument(
        "--command", dest="model_command", metavar="NAME",
        help="what a query means; the model's first command if not given",
    )  # fmt: skip
    made.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="an option of the model's set-up; again for more",
    )  # fmt: skip
    made.add_argument(
        "--python", type=Path, metavar="FILE", help="the Python that a ported model runs in"
    )
    made.add_argument(
        "--idle", type=float, default=300, metavar="SECONDS",
        help="it falls asleep when nobody has asked for so long; 300 if not given",
    )  # fmt: skip
    made.add_argument(
        "--copies", type=int, default=1, metavar="N",
        help="servers that may have it awake at once, of those that share what is kept; 1 if not "
        "given",
    )  # fmt: skip
    who = made.add_mutually_exclusive_group()
    who.add_argument("--public", action="store_true", help="anyone may ask, without a token")
    who.add_argument("--private", dest="public", action="store_false", help="the default")
    _limit_arguments(made)
    _action(actions, "list", "what is hosted", "list_models")
    for name, help, act in (
        ("remove", "forget a model, its tokens and counts", "remove"),
        ("activate", "let a model answer again", "activate"),
        ("deactivate", "let a model answer nobody", "deactivate"),
    ):
        _action(actions, name, help, act).add_argument("name", help="a hosted model")


def _token_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="token_action", metavar="ACTION", required=True)
    made = _action(actions, "create", "one more token for a model", "create_token")
    made.add_argument("name", help="a hosted model")
    _limit_arguments(made)
    _action(actions, "list", "all tokens, without themselves", "list_tokens").add_argument(
        "name", nargs="?", help="of one model"
    )
    ended = _action(actions, "revoke", "end a token", "revoke")
    ended.add_argument("token", type=int, metavar="NUMBER", help="as 'token list' shows it")


def _limit_arguments(parser: argparse.ArgumentParser) -> None:
    limits = parser.add_argument_group("what the token may do")
    limits.add_argument("--label", default="", help="such as 'class 7b', for your tables")
    limits.add_argument(
        "--scopes", default="query,info", help="query, info, or both as if not given"
    )
    limits.add_argument("--expires", metavar="PERIOD", help="such as 12h or 30d")
    limits.add_argument("--rate", help="such as 10/s or 1000/h")
    limits.add_argument("--budget-requests", type=int, metavar="N", help="so many and no more")
    limits.add_argument("--price", default="0", help="of a request, such as 0.01")


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    host_argument(parser)
    parser.add_argument(
        "--port", type=port_number, default=8080, metavar="N", help="8080 if not given"
    )
    parser.add_argument("--certificate", metavar="PEM", help="for HTTPS, with its chain")
    parser.add_argument("--key", metavar="PEM", help="the certificate's key")
    parser.add_argument(
        "--name", action="append", default=[],
        help="what the server is called, such as models.example.org; again for more",
    )  # fmt: skip
    parser.add_argument(
        "--behind-proxy",
        nargs="?",
        const="127.0.0.1",
        metavar="ADDRESS",
        help="a proxy on this machine, or at this address, does HTTPS and tells who asks",
    )
    root_path_argument(parser)
    parser.add_argument(
        "--awake", type=int, default=4, metavar="N",
        help="models that may have a process at once; 4 if not given",
    )  # fmt: skip
    parser.add_argument(
        "--cluster", metavar="ADDRESS",
        help="run them on a Ray cluster: ray, ray://HEAD, ray?replicas=0-3, or a name given by "
        "taxiway remote add",
    )  # fmt: skip
    parser.add_argument(
        "--reached-at", metavar="URL",
        help="where other servers with the same --store reach this one: http://192.168.1.20:8080",
    )  # fmt: skip
    _operating.arguments(parser)
