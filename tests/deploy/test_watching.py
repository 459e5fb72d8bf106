"""The dashboard and the alerts, against what a server really tells, and against Prometheus."""

import asyncio
import contextlib
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

import metrics_text
from deploy_files import DEPLOY, of_dashboard, rules
from hosting import process as hosts
from taxiway import app
from taxiway.catalog import catalog
from taxiway.hosting import app as hosting
from taxiway.hosting.records import Hosted, Limits
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

HAS_PROMTOOL = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
HAS_PROMETHEUS = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus")

IS_WELL = {
    'up{job="taxiway",instance="a"}': "1x60",
    'taxiway_model_state{model="m",state="failed"}': "0x60",
    'taxiway_worker_restarts_total{model="m"}': "2x60",
    'taxiway_queries_total{model="m",kind="query",outcome="ok"}': "0+600x60",
    'taxiway_queries_total{model="m",kind="query",outcome="failed"}': "0+6x60",
    'taxiway_query_seconds_bucket{model="m",kind="query",stage="queue",le="0.1"}': "0+600x60",
    'taxiway_query_seconds_bucket{model="m",kind="query",stage="queue",le="+Inf"}': "0+600x60",
    'taxiway_sink_up{model="m",sink="ndi"}': "1x60",
    'taxiway_sink_frame_age_seconds{model="m",sink="ndi"}': "0.02x60",
    'taxiway_sink_frames_total{model="m",sink="ndi",result="sent"}': "0+1800x60",
    'taxiway_token_budget_left{model="m",token="1",label="7b"}': "900x60",
    'taxiway_token_requests_total{model="m",token="1",label="7b"}': "100x60",
    'taxiway_token_refused_total{model="m",token="1",label="7b"}': "0x60",
    'taxiway_data_free_bytes{instance="a"}': "90000000000x60",
    'process_open_fds{instance="a"}': "200x60",
    'process_max_fds{instance="a"}': "65536x60",
}
TROUBLES = {
    "TaxiwayDown": {'up{job="taxiway",instance="a"}': "0x60"},
    "TaxiwayModelFailed": {'taxiway_model_state{model="m",state="failed"}': "1x60"},
    "TaxiwayWorkerRestarts": {'taxiway_worker_restarts_total{model="m"}': "0+1x60"},
    "TaxiwayQueriesFail": {
        'taxiway_queries_total{model="m",kind="query",outcome="unavailable"}': "0+60x60"
    },
    "TaxiwayBusy": {'taxiway_queries_total{model="m",kind="query",outcome="busy"}': "0+5x60"},
    "TaxiwaySlow": {
        'taxiway_query_seconds_bucket{model="m",kind="query",stage="queue",le="0.1"}': "0x60",
        'taxiway_query_seconds_bucket{model="m",kind="query",stage="queue",le="5"}': "0+600x60",
    },
    "TaxiwaySinkFailed": {'taxiway_sink_up{model="m",sink="ndi"}': "0x60"},
    "TaxiwayFramesLate": {'taxiway_sink_frame_age_seconds{model="m",sink="ndi"}': "0.8x60"},
    "TaxiwayBudgetNearlySpent": {
        'taxiway_token_budget_left{model="m",token="1",label="7b"}': "9x60"
    },
    "TaxiwayDiskNearlyFull": {'taxiway_data_free_bytes{instance="a"}': "1000000000x60"},
    "TaxiwayFilesNearlyUsedUp": {'process_open_fds{instance="a"}': "60000x60"},
}
"""What each alert is for, on top of a server that is well."""


def test_each_panel_has_a_place_of_its_own() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    taken = [
        (x, y)
        for each in places
        for x in range(each["x"], each["x"] + each["w"])
        for y in range(each["y"], each["y"] + each["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers))


@HAS_PROMTOOL
def test_each_alert_is_raised_by_its_trouble_and_none_without(tmp_path: Path) -> None:
    assert set(TROUBLES) == {rule["alert"] for rule in rules()}
    cases: list[tuple[dict[str, str], list[str]]] = [({}, [])]
    cases += [(trouble, [name]) for name, trouble in TROUBLES.items()]
    tests = {
        "rule_files": [str(DEPLOY / "alerts.yml")],
        "evaluation_interval": "1m",
        "tests": [raised(IS_WELL | trouble, names) for trouble, names in cases],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests), "utf-8")
    done = promtool("test", "rules", tmp_path / "tests.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    queries = [{"record": f"a:{number}", "expr": expr} for number, (expr, _) in
               enumerate(of_dashboard())]  # fmt: skip
    (tmp_path / "queries.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": queries}]}), "utf-8"
    )
    for words in (["rules", tmp_path / "queries.yml"], ["config", DEPLOY / "prometheus.yml"]):
        done = promtool("check", *words)
        assert done.returncode == 0, done.stdout + done.stderr


def raised(series: dict[str, str], names: list[str]) -> dict[str, Any]:
    """A test of promtool's: after 40 minutes these alerts fire, and no other."""
    firing = 'count by (alertname) (ALERTS{alertstate="firing"})'
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": firing, "eval_time": "40m", "exp_samples": samples}],
    }


def promtool(*words: object) -> "subprocess.CompletedProcess[str]":
    command = ["promtool", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.slow
@HAS_PROMETHEUS
async def test_prometheus_reads_a_server_and_answers_every_query(tmp_path: Path) -> None:
    said = metrics_text.Said()
    (tmp_path / "host").mkdir()
    with Store(tmp_path / "host") as store:
        hosted = Hosted(name="art", model="painter", created=time.time())
        store.create(hosted, "7b", digest("tw_x"), Limits(budget=5000))
    settings = hosting.Settings(port=0, metrics=metrics_text.PLACE)
    with contextlib.redirect_stdout(said):  # type: ignore[type-var]
        run = app.serving(metrics_text.CONFIG, [catalog.card("painter")], {})
        async with run as servers, hosting.serving(tmp_path / "host", settings) as host:
            session, outputs = servers.live()[0]
            await outputs.start("folder", {"path": str(tmp_path / "frames")})
            places = [place.removeprefix("http://") for place in metrics_text.places(said.text)]
            assert len(places) == 2
            async with httpx.AsyncClient(timeout=60) as client:
                with prometheus(tmp_path, places) as url:
                    until = time.monotonic() + 25
                    while time.monotonic() < until:
                        body = {"seed": 1, "size": 32}
                        await client.post(f"{servers.running()[0].url}/query", json=body)
                        bearer = {"authorization": "Bearer tw_x"}
                        await client.post(f"{host.url}/art/v1/query", json=body, headers=bearer)
                        session.set({"truncation": time.monotonic() % 1})
                        await asyncio.sleep(0.2)
                    empty = []
                    for query, _ in of_dashboard():
                        given = {"query": query}
                        answer = (await client.get(f"{url}/api/v1/query", params=given)).json()
                        assert answer["status"] == "success", answer
                        empty += [] if answer["data"]["result"] else [query]
                    assert empty == []
                    health = (await client.get(f"{url}/api/v1/rules")).json()
                    found = health["data"]["groups"][0]["rules"]
                    assert {rule["health"] for rule in found} == {"ok"}
                    assert {rule["state"] for rule in found} == {"inactive"}


@pytest.mark.slow
@HAS_PROMETHEUS
def test_prometheus_raises_an_alert_when_a_hosted_model_dies_for_good(tmp_path: Path) -> None:
    with hosts.hosting(tmp_path / "host") as host:
        token = host.token("create", "art", "--model", "painter")
        host.serve("--metrics-port", "0")
        assert host.process is not None
        places = [place.removeprefix("http://") for place in metrics_text.places(host.said)]
        with prometheus(tmp_path, places, waits="2s") as url:
            assert host.ask("art", token, seed=1, size=32).status_code == 200
            until(lambda: told(url, 'taxiway_model_state{model="art",state="running"}') == ["1"])
            assert told(url, 'ALERTS{alertstate="firing"}') == []
            while told(url, 'taxiway_model_state{model="art",state="failed"}') != ["1"]:
                kill_workers(host.process.pid)  # each starts by itself, until it is given up
            failed = 'ALERTS{alertname="TaxiwayModelFailed",alertstate="firing",model="art"}'
            until(lambda: told(url, failed) == ["1"])


def kill_workers(server: int) -> None:
    """End what a server's models run in, as the system's memory guard does."""
    for process in psutil.Process(server).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.ppid() != server:  # the fork server's children, not itself
                process.kill()


def told(url: str, query: str) -> list[str]:
    """The values that a Prometheus has now."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": query}, timeout=30).json()
    return [each["value"][1] for each in answer["data"]["result"]]


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.2)


@contextlib.contextmanager
def prometheus(folder: Path, places: list[str], waits: str | None = None) -> Iterator[str]:
    """A Prometheus with our configuration and alerts, that reads these places each second and lets
    troubles last as long as ours, or as `waits` says; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    config["global"] = dict.fromkeys(config["global"], "1s")
    (scraped,) = config["scrape_configs"][0]["static_configs"]
    scraped["targets"] = [place.partition("/")[0] for place in places]
    alerts = (DEPLOY / "alerts.yml").read_text("utf-8")
    alerts = alerts if waits is None else re.sub(r"\bfor: \w+", f"for: {waits}", alerts)
    (folder / "alerts.yml").write_text(alerts, "utf-8")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with open(folder / "prometheus.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
