"""Trace context (W3C): taken from a caller's `traceparent` or begun here, written into every log line, passed on.

That is all unless OTEL_ENABLED says more: then requests, calls and jobs are spans too, sent to the collector that
OpenTelemetry's own OTEL_… variables name. Its packages are an extra (`chassis[otel]`), and none is imported before.
A span says which view, service or task it was; no address, whose ids may open something, and no query.
"""

import os
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer


class Trace(NamedTuple):
    """Which trace something belongs to, and whether its beginner records it (`01`)."""

    id: str = ""
    flags: str = "00"


trace: ContextVar[Trace] = ContextVar("trace", default=Trace())  # noqa: B039 - a tuple
tracer: "Tracer | None" = None
"""OpenTelemetry's, where it is switched on."""

# Version 00 ends here, later ones may go on; version ff and zeros alone are not valid.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:\Z|-)", re.ASCII
)


def received(traceparent: str) -> Trace | None:
    """Return the trace that a `traceparent` names, None when it is not well formed."""
    found = _TRACEPARENT.match(traceparent) if traceparent else None
    if found is None or (traceparent.startswith("00") and found.end() != 55):
        return None
    return Trace(found[1], found[2])


def new_trace_id() -> str:
    return uuid.uuid4().hex


def traceparent() -> str:
    """What a call made now sends along; empty outside of any trace."""
    if tracer is not None:
        from opentelemetry.trace import get_current_span  # noqa: PLC0415

        span = get_current_span().get_span_context()
        if span.is_valid:
            return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"
    ident, flags = trace.get()
    return f"00-{ident}-{os.urandom(8).hex()}-{flags}" if ident else ""


def start(service: str) -> None:
    """Switch OpenTelemetry on where OTEL_ENABLED asks for it. Raises `ImproperlyConfigured` without its packages."""
    global tracer  # noqa: PLW0603
    wanted = os.environ.get("OTEL_ENABLED", "").lower()
    if wanted not in {"", "0", "1", "false", "true"}:
        raise ImproperlyConfigured(f"OTEL_ENABLED is {wanted!r}; it must be true or false.")
    if wanted not in {"1", "true"} or tracer is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as exc:
        raise ImproperlyConfigured(
            "OTEL_ENABLED needs the packages of the extra `otel`: install chassis[otel]."
        ) from exc
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": service}
    provider = TracerProvider(resource=Resource.create(named))
    # Its thread is begun anew in each process that gunicorn forks.
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("chassis")


def serve(request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Answer a request inside of a span, whose trace becomes the request's."""
    assert tracer is not None  # noqa: S101 - the caller has looked
    with tracer.start_as_current_span(
        str(request.method), context=_remote(request.META.get("HTTP_TRACEPARENT", "")), kind=_kind("SERVER")
    ) as span:
        _enter(span)
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "<unnamed view>"
        span.update_name(f"{request.method} {view}")
        span.set_attributes(
            {
                "http.request.method": str(request.method),
                "http.route": view,
                "http.response.status_code": response.status_code,
            }
        )
        if response.status_code >= 500:
            _failed(span)
    return response


def call(to: str, method: str, send: Callable[[], Any], headers: dict[str, Any]) -> Any:
    """Make a call inside of a span, which `headers` then name to the service called."""
    assert tracer is not None  # noqa: S101 - the caller has looked
    attributes = {"http.request.method": method, "peer.service": to}
    with tracer.start_as_current_span(f"{method} {to}", kind=_kind("CLIENT"), attributes=attributes):
        headers["traceparent"] = traceparent()
        return send()


def resume(kept: str, name: str, run: Callable[[], object]) -> None:
    """Run what was asked for in the trace whose `traceparent` was kept, or in one of its own."""
    token = trace.set(received(kept) or Trace(new_trace_id()))
    try:
        if tracer is None:
            run()
            return
        with tracer.start_as_current_span(name, context=_remote(kept), kind=_kind("CONSUMER")) as span:
            _enter(span)
            run()
    finally:
        trace.reset(token)


def _remote(kept: str) -> "Context | None":
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    return TraceContextTextMapPropagator().extract({"traceparent": kept}) if kept else None


def _kind(name: str) -> Any:
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    return SpanKind[name]


def _enter(span: "Span") -> None:
    context = span.get_span_context()
    trace.set(Trace(f"{context.trace_id:032x}", f"{context.trace_flags:02x}"))


def _failed(span: "Span") -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415

    span.set_status(StatusCode.ERROR)
