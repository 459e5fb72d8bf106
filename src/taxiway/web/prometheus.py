"""What Prometheus reads at `--metrics-port`: queries and their times, workers, frames, sinks."""

import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.core.config import Config
from taxiway.core.memory import memory_of
from taxiway.engine.timing import Measured
from taxiway.live.outputs import Outputs
from taxiway.live.session import LiveSession
from taxiway.web.application import application
from taxiway.web.listen import Listener

if TYPE_CHECKING:
    from taxiway.engine import Engine

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds: from a small picture to one that somebody would not wait for."""
STATES = ("asleep", "starting", "running", "failed")

Read = Callable[[], Iterable[Metric]]


class Metrics:
    """What is counted from the start on, and what is looked at when somebody reads."""

    def __init__(self, engine: "Engine", data: Path) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        about = "The version that runs, as a label of 1."
        build = Gauge("taxiway_build_info", about, ["version"], registry=registry)
        build.labels(version("taxiway")).set(1)
        self._queries = Counter(
            "taxiway_queries",
            "Calls that ended, by who asked (query, live, run) and how they ended.",
            ["model", "kind", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "taxiway_query_seconds",
            "Seconds of calls that were answered: in the queue, at work, encoding.",
            ["model", "kind", "stage"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._before: list[Callable[[], Awaitable[object]]] = []
        engine.meters.append(self._count)
        self.read(lambda: workers(engine))
        self.read(lambda: disk(data))

    def read(self, read: Read, before: Callable[[], Awaitable[object]] | None = None) -> None:
        """Let what `read` gives be among what is told; `before` is awaited before that."""
        self.registry.register(_Reader(read))
        if before is not None:
            self._before.append(before)

    def listener(self, config: Config) -> Listener:
        """Where it is read, at `config.metrics`; no page of another origin reads it."""
        host, port = config.metrics or ("127.0.0.1", 0)
        own = Config(host=host, port=port, allowed_hosts=config.allowed_hosts, allowed_origins=())
        app = application([Route("/metrics", self._answer)], own)
        return Listener(app, own, flag="--metrics-port")

    async def _answer(self, request: Request) -> Response:
        for look in self._before:
            await look()
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self.registry), headers={"content-type": kind})

    def _count(self, call: Measured) -> None:
        self._queries.labels(call.model, call.kind, call.outcome).inc()
        if call.outcome == "ok":
            for stage in call.times.__struct_fields__:
                seconds = self._seconds.labels(call.model, call.kind, stage)
                seconds.observe(getattr(call.times, stage))


class _Reader(Collector):
    def __init__(self, read: Read) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """What it gives now."""
        return self._read()


def workers(engine: "Engine") -> Iterator[Metric]:
    """What each model is doing."""
    state = GaugeMetricFamily(
        "taxiway_model_state", "1 for the state that a model is in.", labels=["model", "state"]
    )
    waiting = GaugeMetricFamily(
        "taxiway_queries_waiting", "Calls that wait for the worker.", labels=["model"]
    )
    restarts = CounterMetricFamily(
        "taxiway_worker_restarts", "Workers that died or were recycled.", labels=["model"]
    )
    memory = GaugeMetricFamily(
        "taxiway_worker_memory_bytes", "Memory of the worker's process.", labels=["model"]
    )
    for name, running in engine.running.items():
        for each in STATES:
            state.add_metric([name, each], float(running.state == each))
        waiting.add_metric([name], running.waiting)
        restarts.add_metric([name], running.restarts)
        size = memory_of(running.pid) if running.pid else None
        if size is not None:
            memory.add_metric([name], size)
    yield from (state, waiting, restarts, memory)


def live(places: Sequence[tuple[LiveSession, Outputs]]) -> Iterator[Metric]:
    """What is played, and what becomes of its frames."""
    frames = CounterMetricFamily(
        "taxiway_live_frames", "Frames that the live session gave out.", labels=["model"]
    )
    age = GaugeMetricFamily(
        "taxiway_live_frame_age_seconds", "Seconds since the newest frame.", labels=["model"]
    )
    viewers = GaugeMetricFamily(
        "taxiway_live_viewers", "Pages and sinks that get the frames.", labels=["model"]
    )
    sinks = _Sinks()
    for session, outputs in places:
        name, broadcast = session.spec.name, session.broadcast
        frames.add_metric([name], broadcast.published)
        viewers.add_metric([name], broadcast.watched)
        if broadcast.published_at is not None:
            age.add_metric([name], session.clock() - broadcast.published_at)
        sinks.add(name, outputs)
    yield from (frames, age, viewers, *sinks.families)


class _Sinks:
    """The families of metrics about sinks."""

    def __init__(self) -> None:
        labels = ["model", "sink"]
        self.up = GaugeMetricFamily(
            "taxiway_sink_up", "1, or 0 for one that failed.", labels=labels
        )
        self.frames = CounterMetricFamily(
            "taxiway_sink_frames",
            "Frames that were sent, or dropped since a newer one was there.",
            labels=[*labels, "result"],
        )
        self.age = GaugeMetricFamily(
            "taxiway_sink_frame_age_seconds",
            "Age of the newest frame when it was sent.",
            labels=labels,
        )
        self.families = (self.up, self.frames, self.age)

    def add(self, model: str, outputs: Outputs) -> None:
        for name, output in outputs.at_work():
            self.up.add_metric([model, name], float(not output.error))
            self.frames.add_metric([model, name, "sent"], output.sent)
            self.frames.add_metric([model, name, "dropped"], output.dropped)
            if output.age_ms is not None:
                self.age.add_metric([model, name], output.age_ms / 1000)


def disk(data: Path) -> Iterator[Metric]:
    """What is left where the data folder is, or will be."""
    there = next(folder for folder in (data, *data.absolute().parents) if folder.exists())
    yield GaugeMetricFamily(
        "taxiway_data_free_bytes", "Free bytes of the data folder's disk.",
        value=shutil.disk_usage(there).free,
    )  # fmt: skip
