"""Which replica answers: the one that a session had, and for a query the less busy of two."""

from collections import OrderedDict
from typing import Any

from ray.serve._private.request_router.pow_2_router import PowerOfTwoChoicesRequestRouter

MOST_SESSIONS = 1000


class Pinned(PowerOfTwoChoicesRequestRouter):  # type: ignore[misc]
    """Sessions keep the replica that they had, for as long as it lives."""

    async def choose_replicas(
        self, candidate_replicas: list[Any], pending_request: Any = None
    ) -> list[list[Any]]:
        """The session's own, or what is chosen for queries."""
        session = pending_request.metadata.session_id if pending_request is not None else ""
        own = pinned(self).get(session) if session else None
        for replica in candidate_replicas:
            if replica.replica_id == own:
                return [[replica]]
        chosen: list[list[Any]] = await super().choose_replicas(candidate_replicas, pending_request)
        return chosen

    def on_request_routed(self, pending_request: Any, replica_id: Any, result: Any) -> None:
        """Remember a session's replica."""
        if session := pending_request.metadata.session_id:
            kept = pinned(self)
            kept[session] = replica_id
            kept.move_to_end(session)
            if len(kept) > MOST_SESSIONS:
                kept.popitem(last=False)


def pinned(router: Any) -> "OrderedDict[str, Any]":
    """The replicas of a router's sessions; its class is made by Ray, which calls no `__init__`."""
    kept: OrderedDict[str, Any] = router.__dict__.setdefault("_pinned", OrderedDict())
    return kept
