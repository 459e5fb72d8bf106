"""`taxiway cluster`: machines that models run on together, by Ray."""

import argparse
from pathlib import Path

HELP = "make machines one cluster, to run models on all of them: taxiway run MODEL --on ray"


def arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", required=True, metavar="head|join|show|leave")
    head = parts.add_parser("head", help="begin a cluster on this machine")
    join = parts.add_parser("join", help="let this machine be one of a cluster's")
    join.add_argument("head", help="the first machine's address, as 'cluster head' printed it")
    parts.add_parser("show", help="which machines there are")
    parts.add_parser("leave", help="end what runs of the cluster on this machine")
    for part in (head, join):
        part.add_argument(
            "--host", help="this machine's address for the others, such as 192.168.1.10; a head "
            "without one is for this machine alone",
        )  # fmt: skip
        part.add_argument(
            "--token-file", type=Path, metavar="FILE",
            help="the cluster's token; without it a new one (head), or it is asked for (join)",
        )  # fmt: skip
        part.add_argument("--cpus", type=int, metavar="N", help="processors that models may use")
        part.add_argument("--gpus", type=int, metavar="N", help="GPUs that models may use")
        part.add_argument(
            "--memory", type=int, default=200, metavar="MB",
            help="for what is on its way between machines; 200 if not given",
        )  # fmt: skip
        part.add_argument(
            "--port", type=int, default=6379, metavar="N",
            help="the first of the ports that are taken; 6379 if not given",
        )  # fmt: skip
        part.add_argument("--folder", type=Path, metavar="DIR", help="for Ray's sockets and logs")
    head.add_argument(
        "--redis", metavar="HOST:PORT",
        help="a Redis that keeps what the head knows, so that it may end and come again",
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    from taxiway.core.extras import need
    from taxiway.engine.cluster import machines

    need("ray", "A cluster")
    if parsed.part == "show":
        return machines.ray("status")
    if parsed.part == "leave":
        return machines.ray("stop")
    node = machines.Node(
        head=parsed.head if parsed.part == "join" else "",
        host=parsed.host or "",
        port=parsed.port,
        cpus=parsed.cpus,
        gpus=parsed.gpus,
        memory=parsed.memory,
        folder=parsed.folder or machines.usual_folder(),
        redis=getattr(parsed, "redis", None) or "",
    )
    machines.keep_token(parsed.token_file, is_new=parsed.part == "head")
    node.keep()
    code = machines.ray(*node.words(), environment=node.environment())
    if code == 0:
        print(node.said(), flush=True)
    return code
