"""Traces of a worker: one for each case, a span for each errand, and no word of the case."""

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from activities.spans import Spans
from tests.builders import a_report, acknowledge
from tests.workflows.desk import Desk


async def test_a_case_is_a_trace_without_words(desk: Desk) -> None:
    """The letters are in it, also one that failed at first, by kind and type of error alone."""
    exporter = InMemorySpanExporter()
    spans = Spans(exporter)
    desk.mailroom.puts_off = {"rita@example.org"}
    async with desk.worker(interceptors=(spans,)):
        report = a_report(received=await desk.now(), title="canary", details="canary")
        case = await desk.open(report)
        await case.act(acknowledge())
        await desk.wait(hours=2)
        desk.mailroom.puts_off = set()
        await desk.wait(hours=2)
    spans.close()
    found = exporter.get_finished_spans()
    said = "".join(span.to_json() for span in found)

    assert {span.name for span in found} >= {"deliver", "recipients", "propose_lead"}
    assert {span.context.trace_id for span in found if span.context} != set()
    assert len({span.context.trace_id for span in found if span.context}) == 1
    errors = {(span.attributes or {}).get("error.type") for span in found}
    assert "MailDeferred" in errors
    assert all(not span.events for span in found)
    for word in ("canary", "rita", "alice", "later"):
        assert word not in said
