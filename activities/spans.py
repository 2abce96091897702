"""Traces of what a worker does for its cases: one span for each attempt at an errand.

All spans of one run of a case are one trace, whose id follows from that of the run, so that
nothing has to travel with a payload. A span has the kind of errand, the case, the attempt, and of
an error its type: never what an error says, nor anything that a case says.
"""

import hashlib
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from tacenda import __version__

PATH = "/v1/traces"


class Spans(Interceptor):
    """Lets every errand of a worker leave a span."""

    def __init__(self, exporter: SpanExporter) -> None:
        """Take where spans go."""
        named = Resource.create({"service.name": "tacenda", "service.version": __version__})
        self._provider = TracerProvider(resource=named, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Stand between the worker and its errands."""
        return _Spanning(next, self._provider)

    def close(self) -> None:
        """Send what is still here."""
        self._provider.shutdown()


class _Spanning(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, provider: TracerProvider) -> None:
        super().__init__(inner)
        self._tracer = provider.get_tracer("tacenda", __version__)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        info = activity.info()
        about: dict[str, str | int] = {
            "tacenda.case": info.workflow_id or "",
            "tacenda.errand": info.activity_type,
            "tacenda.attempt": info.attempt,
        }
        span = self._tracer.start_span(
            info.activity_type, context=_trace_of(info.workflow_run_id or ""), attributes=about
        )
        try:
            return await super().execute_activity(input)
        except BaseException as error:
            kind = error.type if isinstance(error, ApplicationError) else None
            span.set_attribute("error.type", kind or type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()


def spans_to(endpoint: str) -> Spans:
    """Return the spans that go to an OpenTelemetry collector, over HTTP.

    Raises `ImportError` where the exporter is not installed.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Spans(OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH))


def _trace_of(run: str) -> Any:
    """Return the trace of a run: its id follows from that of the run."""
    digest = hashlib.sha256(run.encode()).digest()
    parent = SpanContext(
        trace_id=int.from_bytes(digest[:16], "big"),
        span_id=int.from_bytes(digest[16:24], "big"),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(parent))
