"""What Prometheus is told of hosted models: requests and budgets of each token."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from taxiway.hosting.records import Token
from taxiway.hosting.store import Ledger
from taxiway.web.prometheus import Metrics

LABELS = ("model", "token", "label")


class Budgets:
    """The tokens as they were at the last look, on the ledger's thread."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tokens: Sequence[Token] = ()

    def join(self, metrics: Metrics) -> None:
        """Be among what is told."""
        metrics.read(lambda: budgets(self._tokens), self._look)

    async def _look(self) -> None:
        self._tokens = await self._ledger(self._ledger.store.tokens)


def budgets(tokens: Sequence[Token]) -> Iterator[Metric]:
    """Requests, refusals and errors of each token, and what is left of its budget."""
    counted = {
        name: CounterMetricFamily(f"taxiway_token_{name}", about, labels=LABELS)
        for name, about in (
            ("requests", "Requests with a token."),
            ("refused", "Those of them that its limits kept from the model."),
            ("errors", "Those of them that were not answered with 200."),
        )
    }
    left = GaugeMetricFamily(
        "taxiway_token_budget_left", "Requests that a token may still ask.", labels=LABELS
    )
    for token in tokens:
        labels = [token.model, str(token.id), token.label]
        for name, family in counted.items():
            family.add_metric(labels, getattr(token, name))
        if token.limits.budget is not None:
            spent = token.requests - token.refused
            left.add_metric(labels, max(0, token.limits.budget - spent))
    yield from (*counted.values(), left)
