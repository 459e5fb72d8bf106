"""How the server listens and what it lets in: plain values, each default visible here."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct


class Config(Struct, frozen=True, kw_only=True):
    """Settings of one start. Sizes are in bytes, times in seconds, rates in bytes per second."""

    host: str = "127.0.0.1"
    """Where to listen; "0.0.0.0" lets other machines in."""
    port: int = 8000
    """0 takes any free port."""
    root_path: str = ""
    """The path of a proxy below which the server is found, such as `/taxi`; `{port}` stands for the
    port, where each model has a path of its own."""
    local_proxies: bool = True
    """Whether a proxy on this machine is believed about the scheme, http or https."""
    certificate: str | None = None
    """A PEM file with the certificate and its chain, for HTTPS; `key` is the file with its key."""
    key: str | None = None

    socketio_port: int | None = 3000
    """Where old sketches look for Socket.IO; None switches it off."""
    osc_port: int | None = 57100
    """Where OSC comes in, by UDP; None switches it off."""
    osc_reply_port: int = 57200
    """Where OSC clients listen, whatever port they send from."""
    osc_log: bool = False
    """Whether every message that comes by OSC is a line in the terminal."""
    osc_target: str | None = "127.0.0.1"
    """The IP address that gets every output by OSC without asking, for patches that only listen."""

    executor: Literal["process", "thread"] = "process"
    """Where models run on this machine: each in a process of its own, or all in the server's."""
    on: str = ""
    """The address of another machine that models run on, `ssh://user@box`; "" for this one."""

    metrics: tuple[str, int] | None = None
    """The address and port where Prometheus reads; None for nowhere. Whoever reaches it may."""
    trace: bool = False
    """Whether spans of requests and models are sent to a collector of OpenTelemetry's."""
    keep_jobs_days: float | None = None
    """Tools' jobs that ended longer ago are deleted; None keeps all."""
    worker_bytes: int | None = None
    """A worker that took more memory than this starts anew between two calls."""

    mapping: str | None = None
    """The file of the first model's mapping; None is one in the data folder, as of all others."""

    hub_port: int | None = 5142
    """Where Runway's Photoshop and Unity plug-ins look for models; None switches it off."""
    servers: Mapping[str, Mapping[str, Any]] = {}
    """Settings of other packages' servers, by the server's name and the setting's."""
    sinks: Mapping[str, Mapping[str, Any]] = {}
    """Sinks that the first model has from its start, by name, with their settings."""
    sources: Mapping[str, Mapping[str, Any]] = {}
    """Sources likewise."""
    open_folders: tuple[str, ...] = ()
    """Folders below which pages may name paths, beside the data folder."""
    hub_null_origin: bool = False
    """Whether pages without an origin may start and stop models there, as Photoshop's panels are;
    pages of the web can make themselves such pages."""

    allowed_hosts: tuple[str, ...] = ()
    """Names this server may be called by, beside the loopback ones and `host`.

    `*.example.org` is every name below that one.
    """
    host_flag: str = "--allow-host"
    """The flag by which whoever starts this server adds to them."""
    allowed_origins: tuple[str, ...] = ("*",)
    """Web pages that may ask the model, as `https://example.org` or `null`; "*" is all of them."""

    body_limit: int = 64 * 2**20
    """The largest request; two or three photos as base64 fit."""
    message_limit: int = 8 * 2**20
    """The largest WebSocket message; the studio's socket takes less by itself."""
    connections_per_client: int = 128
    """Open connections from one address."""
    connections_per_origin: int = 64
    """Of these, how many the pages of one other origin may have; then the longest idle one goes."""
    own_connections: int = 32
    """Of these, how many are kept from all pages of other origins."""

    query_seconds: float | None = 300.0
    """How long a model may take for an answer or a part of one, before its process is replaced."""
    header_seconds: float = 10.0
    """From the first byte of a request to the last of its header."""
    body_seconds: float = 20.0
    """For a body of any size, on top of what `body_rate` gives it."""
    body_rate: int = 32 * 2**10
    """A body must come at this rate or faster, on average."""
    idle_seconds: float = 120.0
    """How long a connection may rest between requests; Processing's client needs over 90."""
    write_seconds: float = 30.0
    """How long a client may leave an answer lying without reading a byte of it."""
    stop_seconds: float = 3.0
    """How long requests in flight may go on when the server stops."""
