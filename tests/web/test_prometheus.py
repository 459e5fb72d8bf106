"""`--metrics-port`: what Prometheus reads there, and who may not."""

import asyncio
from pathlib import Path

import httpx
import pytest

import metrics_text
from command_line import taxiway
from deploy_files import labels_of, of_dashboard, rules, unknown
from metrics_text import value
from taxiway.commands._operating import megabytes, place
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.web.listen import PortInUse
from taxiway.web.prometheus import Metrics


@pytest.fixture(scope="module")
def of_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `taxiway run` tells."""
    return asyncio.run(metrics_text.of_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def of_host(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `taxiway host serve` tells."""
    return asyncio.run(metrics_text.of_host(tmp_path_factory.mktemp("host")))


def test_it_tells_of_queries_workers_frames_and_sinks(of_run: str) -> None:
    text = of_run
    queries = {"model": "painter", "kind": "query"}
    assert value(text, "taxiway_queries_total", **queries, outcome="ok") == 2
    assert value(text, "taxiway_queries_total", **queries, outcome="invalid") == 1
    for stage in ("queue", "run", "encode"):
        assert value(text, "taxiway_query_seconds_count", **queries, stage=stage) == 2
    assert 0 < value(text, "taxiway_query_seconds_sum", **queries, stage="run") < 60
    assert value(text, "taxiway_model_state", state="running") == 1
    assert value(text, "taxiway_model_state") == 1
    assert value(text, "taxiway_queries_waiting") == 0
    assert value(text, "taxiway_worker_restarts_total") == 0
    assert value(text, "taxiway_live_frames_total") >= 1
    assert 0 <= value(text, "taxiway_live_frame_age_seconds") < 60
    assert value(text, "taxiway_live_viewers") >= 1
    assert value(text, "taxiway_sink_up", sink="folder") == 1
    assert value(text, "taxiway_sink_frames_total", sink="folder", result="sent") >= 1
    assert value(text, "taxiway_sink_frame_age_seconds", sink="folder") >= 0
    assert value(text, "taxiway_data_free_bytes") > 0
    assert value(text, "taxiway_build_info") == 1


def test_hosting_tells_of_budgets(of_host: str) -> None:
    text = of_host
    of = {"model": "art", "token": "1", "label": "class 7b"}
    assert value(text, "taxiway_token_requests_total", **of) == 1
    assert value(text, "taxiway_token_refused_total", **of) == 0
    assert value(text, "taxiway_token_errors_total", **of) == 0
    assert value(text, "taxiway_token_budget_left", **of) == 9
    assert value(text, "taxiway_queries_total", model="art", outcome="ok") == 1
    assert "tw_" not in text


def test_the_dashboard_and_the_alerts_name_what_a_server_tells(of_run: str, of_host: str) -> None:
    known = labels_of(metrics_text.samples(of_run + of_host))
    queries = of_dashboard()
    queries += [(rule["expr"], rule["annotations"]["summary"]) for rule in rules()]
    assert len(queries) > 30
    assert [wrong for query in queries for wrong in unknown(*query, known)] == []
    told = {name for name in known if name.startswith("taxiway_") and "_created" not in name}
    shown = " ".join(query for query, _ in queries)
    assert {name for name in told if name.removesuffix("_count") not in shown} == set()


async def test_no_page_and_no_foreign_name_reads_it_and_nothing_else_is_there() -> None:
    async with Engine() as engine:
        listener = Metrics(engine, Path("none/such")).listener(Config(metrics=("127.0.0.1", 0)))
        async with listener, httpx.AsyncClient(base_url=listener.url, timeout=60) as client:
            answers = [
                await client.get("/metrics"),
                await client.get("/metrics", headers={"accept": "application/openmetrics-text"}),
                await client.get("/metrics", headers={"origin": "https://a.example"}),
                await client.get("/metrics", headers={"host": "a.example"}),
                await client.get("/query"),
                await client.post("/metrics"),
            ]
    assert [answer.status_code for answer in answers] == [200, 200, 403, 403, 404, 405]
    assert answers[0].headers["content-type"].startswith("text/plain")
    assert answers[1].text.endswith("# EOF\n")


async def test_a_port_in_use_is_told_with_the_flag_that_chooses_another(tmp_path: Path) -> None:
    async with Engine() as engine:
        metrics = Metrics(engine, tmp_path)
        async with metrics.listener(Config(metrics=("127.0.0.1", 0))) as first:
            second = metrics.listener(Config(metrics=("127.0.0.1", first.port)))
            with pytest.raises(PortInUse, match=f"such as --metrics-port {first.port + 1}"):
                await second.start()


def test_places_and_amounts_are_read_or_refused() -> None:
    assert place("9464") == ("127.0.0.1", 9464)
    assert place("0.0.0.0:9464") == ("0.0.0.0", 9464)
    assert place("[::]:1") == ("::", 1)
    assert megabytes("1500") == 1_500_000_000
    for flag, wrong in (("--metrics-port", "99999"), ("--metrics-port", "a b:1"),
                        ("--worker-memory", "0"), ("--worker-memory", "1GB")):  # fmt: skip
        done = taxiway("run", flag, wrong)
        assert done.returncode == 1
        assert wrong in done.stderr
        assert "Traceback" not in done.stderr


def test_without_the_client_library_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client", None)
    for command in (["run", "painter"], ["host", "serve"]):
        done = taxiway(*command, "--metrics-port", "0")
        assert done.returncode == 1
        assert "--metrics-port needs prometheus_client: " in done.stderr
        assert "taxiway install metrics" in done.stderr
