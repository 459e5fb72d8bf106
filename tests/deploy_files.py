"""The queries of the files in `deploy/`, and the metrics and labels that they name."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import yaml
from prometheus_client.samples import Sample

from paths import ROOT

DEPLOY = ROOT / "deploy"
SELECTOR = re.compile(r"\b((?:taxiway|process)_\w+|up)\b(?:\{([^}]*)\})?")
BY = re.compile(r"\bby \(([^)]*)\)")
LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
OWN = {"job", "instance"}
"""Labels that Prometheus adds."""


def of_dashboard() -> list[tuple[str, str]]:
    """Every query of the dashboard, with its legend."""
    panels = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))["panels"]
    targets = [target for panel in panels for target in panel.get("targets", ())]
    return [
        (each["expr"].replace("$__rate_interval", "1m"), each["legendFormat"]) for each in targets
    ]


def rules() -> list[dict[str, Any]]:
    """The alerts."""
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def labels_of(samples: Iterable[Sample]) -> dict[str, set[str]]:
    """The labels of each metric."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sample in samples:
        found[sample.name] |= set(sample.labels)
    return dict(found) | {"up": set()}


def unknown(query: str, words: str, known: dict[str, set[str]]) -> list[str]:
    """What a query, and words with labels in them, name that there is not."""
    metrics = [name for name, _ in SELECTOR.findall(query)]
    wrong = [name for name in metrics if name not in known]
    there_are = OWN.union(*(known.get(name, set()) for name in metrics))
    named = [label.strip() for group in BY.findall(query) for label in group.split(",")]
    named += LEGEND.findall(words)
    for name, matchers in SELECTOR.findall(query):
        for label in re.findall(r"(\w+)\s*=", matchers):
            wrong += [] if label in OWN | known.get(name, set()) else [f"{name}{{{label}}}"]
    return wrong + [label for label in named if label not in there_are]
