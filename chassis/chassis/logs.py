"""Logs: one JSON object a line on stdout, each carrying the id of the request it belongs to.

The request id comes from the caller's `X-Request-ID` if it is well formed, else it is made here; it is answered, put
into every error and sent along on every call out. The trace id comes from the caller's `traceparent`, or is made here.
"""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from pythonjsonlogger.json import JsonFormatter

from chassis import tracing
from chassis.metrics import count_request

request_id: ContextVar[str] = ContextVar("request_id", default="")
account_id: ContextVar[str] = ContextVar("account_id", default="")
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""When the present request should have been answered, on the clock of `time.monotonic()`."""

REQUEST_SECONDS = 20.0
"""How long a request may take: below the time-outs of browsers and load balancers, above those of calls out."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?")
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")

access_logger = logging.getLogger("access")


class LineFormatter(JsonFormatter):
    """One JSON object a line, in which nobody finds what opens anything.

    E-mail addresses come with the errors of PostgreSQL, signed tokens with whatever quotes a header. Random ids
    (UUIDv4) are those that open what they name, as an anonymous cart, and stand in addresses; ids that may be known
    are UUIDv7 or UUIDv5. A caller's request id may be random too: it opens nothing and stays.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if "@" in line:
            line = _ADDRESS.sub("[e-mail]", line)
        if "eyJ" in line:
            line = _TOKEN.sub("[token]", line)
        if "-4" in line:
            known = getattr(record, "request_id", "")
            line = _RANDOM_ID.sub(lambda found: known if found[0] == known else "[random id]", line)
        return line

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """By orjson what it writes as the library's own way does; that is, in ASCII, for whatever reads the lines."""
        try:
            line = orjson.dumps(log_data, option=orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS)
        except TypeError:
            return super().jsonify_log_record(log_data)
        return line.decode() if line.isascii() else super().jsonify_log_record(log_data)


class ContextFilter(logging.Filter):
    """Adds the ids of the present request, trace and account to a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.account_id = account_id.get()
        record.trace_id = tracing.trace.get().id
        return True


def logging_config(*, service: str, level: str) -> dict[str, Any]:
    """Return Django's LOGGING for a service."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": LineFormatter,
                "fmt": "%(message)s %(levelname)s %(name)s %(request_id)s %(account_id)s %(trace_id)s",
                "rename_fields": {"levelname": "level", "name": "logger"},
                "static_fields": {"service": service},
                "timestamp": True,
                # Django attaches the request to some records: it has no place in a log line.
                "reserved_attrs": [*_RESERVED, "request", "taskName", "color_message"],
            }
        },
        "filters": {"context": {"()": ContextFilter}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "json",
                "filters": ["context"],
            }
        },
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            # Django's own handlers would print a second, unstructured line.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": False},
            # 4xx answers are in the access line; Django would warn of each once more.
            "django.request": {"level": "ERROR"},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # Would tell each call's query at DEBUG.
            "urllib3": {"level": "INFO"},
        },
    }


_RESERVED = (*vars(logging.LogRecord("", 0, "", 0, "", (), None)), "message", "asctime")


class RequestLogMiddleware:
    """Gives each request its id, trace and deadline; when it ends, counts it and writes one access line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A context of its own, so that nothing is left on the thread for the next request.
        return copy_context().run(self._answer, request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        # Of META, as everywhere: `request.headers` is built anew for each request.
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        ident = given if _WELL_FORMED.match(given) else tracing.new_trace_id()
        started = time.monotonic()
        request_id.set(ident)
        account_id.set("")
        deadline.set(started + REQUEST_SECONDS)
        if tracing.tracer is None:
            trace = tracing.received(request.META.get("HTTP_TRACEPARENT", ""))
            # A request that begins a trace gives it its own id, unless that is the caller's, of any form.
            tracing.trace.set(trace or tracing.Trace(tracing.new_trace_id() if ident is given else ident))
            response = self.get_response(request)
        else:
            response = tracing.serve(request, self.get_response)
        response["X-Request-ID"] = ident
        # Django would log every 4xx and 5xx once more, outside of this request's context.
        response._has_been_logged = True  # type: ignore[attr-defined]
        seconds = time.monotonic() - started
        count_request(request, response.status_code, seconds)
        access_logger.info(
            "request",
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": round(seconds * 1000, 1),
            },
        )
        return response
