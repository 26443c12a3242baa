"""Trace context: believed when well formed, begun otherwise, passed on to calls and jobs; spans only when asked for."""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rest_framework.test import APIClient

from chassis import tracing
from chassis.http import ServiceSession
from chassis.jobs.models import Job
from chassis.jobs.worker import claim_due, run
from chassis.logs import request_id
from chassis.tracing import Trace, received, trace, traceparent
from tests.loopback import Exchange, serving
from tests.parcels.tasks import pack

TRACE = "0af7651916cd43dd8448eb211c80319c"
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def within_trace() -> Iterator[None]:
    token = trace.set(Trace(TRACE, "01"))
    yield
    trace.reset(token)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Tracing switched on, with an exporter that keeps what it is given."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "tracer", provider.get_tracer("tests"))
    return exporter


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        (GIVEN, Trace(TRACE, "01")),
        (GIVEN[:-2] + "00", Trace(TRACE, "00")),
        (f"01{GIVEN[2:]}-what-comes-later", Trace(TRACE, "01")),
        (f"{GIVEN}-more", None),
        (f"ff{GIVEN[2:]}", None),
        (GIVEN.upper(), None),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (GIVEN[:-1], None),
        (GIVEN + "\n", None),
        ("", None),
    ],
)
def test_a_traceparent_is_believed_when_well_formed(given: str, believed: Trace | None) -> None:
    assert received(given) == believed


def test_a_call_continues_the_trace_under_a_span_of_its_own(within_trace: None) -> None:
    with serving(lambda exchange: exchange.reply()) as server, ServiceSession("other") as session:
        session.get(server.url)
        session.get(server.url)
    sent = [request.headers["traceparent"] for request in server.received]
    assert all(re.fullmatch(f"00-{TRACE}-[0-9a-f]{{16}}-01", one) for one in sent)
    assert len(set(sent)) == 2


@pytest.mark.django_db
def test_a_request_without_a_trace_begins_one_and_every_line_of_it_says_so(caplog: pytest.LogCaptureFixture) -> None:
    ids: list[tuple[str, str]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            ids.append((request_id.get(), trace.get().id))

    keeper = Keep()
    logging.getLogger("access").addHandler(keeper)
    logging.getLogger("access").setLevel("INFO")
    try:
        for headers in ({}, {"X-Request-ID": "request-0001"}, {"traceparent": "rubbish"}, {"traceparent": GIVEN}):
            APIClient().get("/livez", headers=headers)
    finally:
        logging.getLogger("access").removeHandler(keeper)
        logging.getLogger("access").setLevel("NOTSET")
    assert ids[0][0] == ids[0][1]  # no id of its own is needed
    assert ids[1][0] == "request-0001"
    assert ids[3][1] == TRACE
    assert all(re.fullmatch("[0-9a-f]{32}", ident) for _request, ident in ids)
    assert len({ident for _request, ident in ids}) == 4


def test_outside_of_a_trace_nothing_is_sent() -> None:
    with serving(lambda exchange: exchange.reply()) as server, ServiceSession("other") as session:
        session.get(server.url)
    assert "traceparent" not in server.received[0].headers


@pytest.mark.django_db(transaction=True)
def test_a_job_belongs_to_the_trace_that_asked_for_it(within_trace: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("tests.parcels.tasks._note", lambda _name: seen.append(trace.get().id))
    pack.enqueue(name="a")
    Job.objects.create(task=pack.name, arguments={"name": "b"})  # as the last release wrote it
    trace.set(Trace())
    for claim in claim_due(limit=2):
        run(claim)
    assert seen[:2] == [TRACE, TRACE]
    assert re.fullmatch("[0-9a-f]{32}", seen[2])
    assert seen[2] != TRACE


def test_switched_on_a_request_is_a_span_without_its_address(spans: InMemorySpanExporter) -> None:
    APIClient().get("/livez?secret=1", headers={"traceparent": GIVEN})
    (span,) = spans.get_finished_spans()
    assert span.name == "GET chassis.health.livez"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "chassis.health.livez",
        "http.response.status_code": 200,
    }


def test_switched_on_a_call_names_its_own_span(spans: InMemorySpanExporter) -> None:
    assert tracing.tracer is not None
    with (
        serving(lambda exchange: exchange.reply()) as server,
        ServiceSession("other") as session,
        tracing.tracer.start_as_current_span("around") as around,
    ):
        session.get(f"{server.url}/carts/of-somebody")
    call, _around = spans.get_finished_spans()
    assert call.name == "GET other"
    assert call.parent is not None
    assert call.parent.span_id == around.get_span_context().span_id
    named = f"00-{call.context.trace_id:032x}-{call.context.span_id:016x}-"
    assert server.received[0].headers["traceparent"].startswith(named)
    assert "of-somebody" not in str(call.attributes)


@pytest.mark.django_db(transaction=True)
def test_switched_on_a_job_is_a_span_of_its_requests_trace(spans: InMemorySpanExporter) -> None:
    assert tracing.tracer is not None
    with tracing.tracer.start_as_current_span("request") as request:
        pack.enqueue(name="a")
    for claim in claim_due(limit=1):
        run(claim)
    job = next(span for span in spans.get_finished_spans() if span.name == pack.name)
    assert job.context.trace_id == request.get_span_context().trace_id
    assert traceparent() == ""


def test_spans_reach_a_collector_from_a_process_and_nothing_is_imported_without_the_switch() -> None:
    received_all = threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.reply()
        received_all.set()

    with serving(answer) as collector:
        script = (
            "import sys; from chassis import tracing; tracing.start('parcels')\n"
            "if tracing.tracer: tracing.tracer.start_span('one').end()\n"
            "else: print(any(name.startswith('opentelemetry') for name in sys.modules))"
        )
        for switch in ("", "true"):
            done = subprocess.run(  # noqa: S603 - all of it is written here
                [sys.executable, "-c", script],
                cwd=Path(__file__).parent.parent,
                env={**os.environ, "OTEL_ENABLED": switch, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
            )
            if not switch:
                assert done.stdout == "False\n"
                assert collector.received == []
        assert received_all.wait(5)
    (sent,) = collector.received
    assert sent.path == "/v1/traces"
    assert b"parcels" in sent.body


def test_another_value_of_the_switch_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ENABLED", "maybe")
    with pytest.raises(ImproperlyConfigured, match="OTEL_ENABLED is 'maybe'"):
        tracing.start("parcels")
