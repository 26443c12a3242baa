"""What Prometheus reads: counted in the processes as it happens, and read from the database when it is asked for.

Names and labels of requests are django-prometheus's, whose own middlewares cost fifteen times as much; what is ours
begins with `shop_`. Every label has few values: a view's name, never an address. A called service is labelled `to`,
because `service` belongs to whoever scrapes.

gunicorn's processes count in files of one folder (`chassis.gunicorn_config` names it), so that whichever of them is
asked tells of all.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

import pybreaker
from django.http import HttpRequest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})

latencies = Histogram(
    "django_http_requests_latency_seconds_by_view_method",
    "How long requests took.",
    ["view", "method"],
    buckets=SECONDS,
)
responses = Counter(
    "django_http_responses_total_by_status_view_method", "Requests answered.", ["status", "view", "method"]
)
calls = Histogram("shop_calls_seconds", "How long calls to another service took.", ["to", "outcome"], buckets=SECONDS)
calls_refused = Counter("shop_calls_refused", "Calls to another service that were not begun.", ["to", "reason"])
breakers = Gauge("shop_breaker_open", "Breakers to another service that are open.", ["to"], multiprocess_mode="livesum")
job_seconds = Histogram("shop_job_seconds", "How long runs of jobs took.", ["task"], buckets=SECONDS)
job_runs = Counter("shop_job_runs", "Runs of jobs, by how they ended.", ["task", "outcome"])

Observe = tuple[Callable[[float], None], Callable[[], None]]
_requests: dict[tuple[str, str, int], Observe] = {}


def count_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count a request under its view's name; what met no view (an unknown address, a refusal) has one name."""
    match = request.resolver_match
    view = match.view_name if match is not None else "<unnamed view>"
    key = (view, request.method or "", status)
    known = _requests.get(key)
    if known is None:
        method = key[1] if key[1] in METHODS else "<invalid method>"
        known = latencies.labels(view, method).observe, responses.labels(status, view, method).inc
        if method == key[1]:  # made-up methods must not fill the memory
            _requests[key] = known
    observe, increment = known
    observe(seconds)
    increment()


class BreakerListener(pybreaker.CircuitBreakerListener):
    """Counts a breaker as open from when it opens until it is closed again."""

    def __init__(self, to: str) -> None:
        self._gauge = breakers.labels(to)

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        if old_state is None:
            return
        was, now = old_state.name != pybreaker.STATE_CLOSED, new_state.name != pybreaker.STATE_CLOSED
        if was != now:
            self._gauge.inc(1 if now else -1)


GaugesReader = Callable[[], Iterable[Metric]]
_readers: list[GaugesReader] = []


def database_gauges(read: GaugesReader) -> GaugesReader:
    """Declare a function that reads gauges from the service's database, in few quick queries."""
    _readers.append(read)
    return read


class _DatabaseCollector(Collector):
    """All declared readers; when the database does not answer, only that."""

    def collect(self) -> Iterable[Metric]:
        from django.db import DatabaseError, InterfaceError  # noqa: PLC0415 - settings import this module

        up = GaugeMetricFamily("shop_database_up", "Whether the service's database answers.")
        found: list[Metric] = []
        try:
            for read in _readers:
                found += read()
        except (DatabaseError, InterfaceError):
            found = []
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
        return [up, *found]


class _BuildCollector(Collector):
    def collect(self) -> Iterable[Metric]:
        from django.conf import settings  # noqa: PLC0415 - settings import this module

        labels = ["service_name", "version", "revision"]
        build = GaugeMetricFamily("shop_build_info", "What runs here.", labels=labels)
        version, revision = os.environ.get("IMAGE_VERSION", ""), os.environ.get("IMAGE_REVISION", "")
        build.add_metric([settings.SERVICE_NAME, version, revision], 1)
        return [build]


def exposition(*, database: bool) -> bytes:
    """Return the text of all metrics; with `database` also those that are read there."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_BuildCollector())
    if database:
        registry.register(_DatabaseCollector())
    text = generate_latest(registry)
    if not os.environ.get(FOLDER_VARIABLE):
        text += generate_latest(REGISTRY)
    return text
