"""Traces by OpenTelemetry, with `--trace`: a span of each request, below it the model's stages.

Where they go is what OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT and others).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import (
    SERVICE_NAME,
    SERVICE_VERSION,
    OTELResourceDetector,
    Resource,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taxiway.core.logs import request_id
from taxiway.engine.timing import Measured

NANO = 10**9


@contextmanager
def exporting() -> Iterator[None]:
    """Send what is traced in the block to a collector; what is left at its end, too."""
    about = {SERVICE_NAME: "taxiway", SERVICE_VERSION: version("taxiway")}
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say it better.
    resource = Resource(about).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


class Traced:
    """A span of each HTTP request, which goes on with the trace that the client is in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        attributes = {
            "http.request.method": scope["method"],
            "url.path": scope["path"],
            "taxiway.request": request_id.get(),
        }
        span = trace.get_tracer("taxiway").start_as_current_span(
            scope["method"],
            context=propagate.extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes=attributes,
        )
        with span as current:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    current.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        current.set_status(trace.StatusCode.ERROR)
                await send(message)

            await self.app(scope, receive, told)


def trace_call(call: Measured) -> None:
    """A meter: a span of a question that has ended, with one for each of its stages."""
    if call.kind != "query":
        return  # sixty frames a second tell nobody anything
    stages = {name: getattr(call.times, name) for name in call.times.__struct_fields__}
    end = time.time_ns()
    begin = end - round(sum(stages.values()) * NANO)
    tracer = trace.get_tracer("taxiway")
    attributes = {"taxiway.model": call.model, "taxiway.outcome": call.outcome}
    whole = tracer.start_span(f"query {call.model}", start_time=begin, attributes=attributes)
    inside = trace.set_span_in_context(whole)
    for name, seconds in stages.items():
        stage = tracer.start_span(name, context=inside, start_time=begin)
        begin += round(seconds * NANO)
        stage.end(begin)
    whole.end(end)
