"""`--trace`, to a collector that listens here: real bytes of OpenTelemetry's protocol."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from msgspec import structs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from command_line import taxiway
from metrics_text import CONFIG
from taxiway import app
from taxiway.catalog import catalog

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What a collector gets, which the exporter is pointed to."""
    spans: list[Any] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                spans.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield spans
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_trace_goes_on_from_the_client_to_the_stages_of_the_model(
    collected: list[Any],
) -> None:
    config = structs.replace(CONFIG, metrics=None, trace=True)
    serving = app.serving(config, [catalog.card("painter")], {})
    async with serving as servers, httpx.AsyncClient(timeout=60) as client:
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "x-request-id": "r7"}
        body = {"seed": 1, "size": 32}
        await client.post(f"{servers.running()[0].url}/query", json=body, headers=headers)
    ours = {span.name: span for span in collected if span.trace_id.hex() == TRACE}
    assert set(ours) == {"POST", "query painter", "queue", "run", "encode"}
    request, query = ours["POST"], ours["query painter"]
    said = {each.key: each.value for each in request.attributes}
    assert said["http.response.status_code"].int_value == 200
    assert said["taxiway.request"].string_value == "r7"
    assert request.parent_span_id.hex() == PARENT
    assert query.parent_span_id == request.span_id
    assert ours["run"].parent_span_id == query.span_id
    assert query.start_time_unix_nano <= ours["run"].start_time_unix_nano
    assert ours["encode"].end_time_unix_nano <= query.end_time_unix_nano + 10**6


def test_without_the_packages_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk", None)
    done = taxiway("host", "serve", "--trace")
    assert done.returncode == 1
    assert "--trace needs OpenTelemetry's SDK: " in done.stderr
    assert "taxiway install tracing" in done.stderr
