"""One model deployed on a cluster by Ray Serve, and what it is called by."""

import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Any

import msgspec
import ray
from ray import serve
from ray.serve.config import RequestRouterConfig
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from taxiway.core.model import ModelSpec
from taxiway.engine.cluster.address import Cluster
from taxiway.engine.cluster.replica import Library, Replica, Reply
from taxiway.engine.remote_worker import luggage

NAMESPACE = "taxiway"
AHEAD = 2
"""Batches that a replica has at once: the next one travels while one is computed."""


class Deployed:
    """A model on a cluster. `end` takes it away again."""

    def __init__(self, spec: ModelSpec, cluster: Cluster) -> None:
        self.name = name_of(spec)
        self._cluster = cluster
        bag, places = luggage(spec)
        self._library = library({digest: str(path) for digest, path in places.items()})
        serve.start(proxy_location="Disabled", logging_config=LOGGING)
        model = serve.deployment(Replica, name="model").options(**self._options())
        fetch = no_piece if self._library is None else fetching(self._library)
        target = serve.RunTarget(
            model.bind(msgspec.msgpack.encode(bag), fetch), self.name, None, LOGGING
        )
        (self._handle,) = serve.run_many([target], wait_for_applications_running=False)
        self._handles = lru_cache(64)(self._handle.options)

    async def ready(self) -> bytes:
        """Packed Ready or Failed, once a replica is there."""
        answer: bytes = await self._handles(method_name="ready").remote()
        return answer

    async def predict(self, request: bytes, session: str) -> Reply:
        """The packed Answers to a packed Predict. Raises what Ray raises."""
        handle = self._handles(method_name="predict", session_id=session)
        reply: Reply = await handle.remote(request)
        return reply

    async def parts(self, request: bytes, session: str) -> AsyncIterator[Reply]:
        """Packed Parts, then packed Answers. Raises what Ray raises."""
        handle = self._handles(method_name="parts", session_id=session, stream=True)
        response = handle.remote(request)
        try:
            async for reply in response:
                yield reply
        finally:
            response.cancel()

    def replicas(self) -> tuple[int, str]:
        """How many run, and what Ray says of the rest."""
        found = serve.status().applications.get(self.name)
        deployment = found.deployments.get("model") if found else None
        if deployment is None:
            return 0, ""
        return deployment.replica_states.get("RUNNING", 0), deployment.message

    def end(self) -> None:
        """Take it away."""
        serve.delete(self.name)

    def _options(self) -> dict[str, Any]:
        least, most = self._cluster.least, self._cluster.most
        count: dict[str, Any] = {"num_replicas": most}
        if least != most:
            count = {"autoscaling_config": scaling(least, most)}
        return {
            **count,
            "max_ongoing_requests": AHEAD,
            "ray_actor_options": share(self._cluster),
            "health_check_period_s": 2,
            "health_check_timeout_s": 10,
            "graceful_shutdown_timeout_s": 2,
            "graceful_shutdown_wait_loop_s": 0.2,
            "request_router_config": RequestRouterConfig(
                request_router_class="taxiway.engine.cluster.router:Pinned"
            ),
        }


def share(cluster: Cluster) -> dict[str, float]:
    """Of a machine for each, in Ray's words: a GPU where there are any, unless that is said."""
    has_gpus = ray.cluster_resources().get("GPU", 0) > 0
    gpus, cpus = cluster.gpus, cluster.cpus
    return {
        "num_cpus": 1 if cpus is None else cpus,
        "num_gpus": (1 if has_gpus else 0) if gpus is None else gpus,
    }


LOGGING = {"log_level": "ERROR", "enable_access_log": False}


def scaling(least: int, most: int) -> dict[str, Any]:
    """More as soon as calls wait, fewer after a minute of rest."""
    return {
        "min_replicas": least,
        "max_replicas": most,
        "initial_replicas": max(least, 1),
        "target_ongoing_requests": 1,
        "upscale_delay_s": 1,
        "downscale_delay_s": 60,
        "metrics_interval_s": 1,
        "look_back_period_s": 2,
    }


def name_of(spec: ModelSpec) -> str:
    """What it is called there: the same as long as this server runs, so that it is found again."""
    # Our parent is the fork server, which lives as long as the server does.
    server = f"{socket.gethostname()} {os.getppid()} {spec.name}"
    return f"taxiway-{spec.name}-{hashlib.sha256(server.encode()).hexdigest()[:8]}"


def library(places: dict[str, str]) -> Any:
    """What hands out a model's files, on this machine, for as long as it is held; None for none."""
    if not places:
        return None
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Library).options(num_cpus=0, scheduling_strategy=here).remote(places)


def fetching(library: Any) -> Callable[[str, int], bytes]:
    """How a replica asks for a piece of a file."""

    def piece(digest: str, offset: int) -> bytes:
        data: bytes = ray.get(library.piece.remote(digest, offset))
        return data

    return piece


def no_piece(digest: str, offset: int) -> bytes:
    """For a model without files."""
    raise KeyError(digest)
