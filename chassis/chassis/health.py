"""For machines that watch: `/livez` says that the process answers, `/readyz` that it can do its work, `/metrics` how it
has been.
"""

import hmac

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from chassis.draining import stopping
from chassis.metrics import exposition
from chassis.problems import plain_problem
from chassis.settings import is_production

_migrated = False


def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and has this release's tables, until the server is stopping; it asks no other
    service.

    A service that does most of its work without its database (READY_WITHOUT_DATABASE) stays ready when it loses it, and
    says so: a load balancer that turned away from all its replicas would take that work down too.
    """
    if stopping[0]:
        return _not_ready("the server is stopping")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            return _not_ready("migrations are not applied: run `manage.py migrate`")
    except (DatabaseError, InterfaceError):
        if _migrated and settings.READY_WITHOUT_DATABASE:
            return JsonResponse({"status": "degraded", "reason": "the database does not answer"})
        return _not_ready("the database does not answer")
    return JsonResponse({"status": "ok"})


def _is_migrated() -> bool:
    # Once applied they stay applied: no need to read them at every probe.
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"status": "unavailable", "reason": reason}, status=503, headers={"Retry-After": "2"})


def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus reads, with METRICS_TOKEN as its bearer token. Production without a token has no such page."""
    refusal = refused_metrics(request.META.get("HTTP_AUTHORIZATION", ""))
    if refusal == 404:
        raise Http404
    if refusal:
        response = plain_problem(request, "not_authenticated", refusal, "Send METRICS_TOKEN as bearer token.")
        response["WWW-Authenticate"] = "Bearer"
        return response
    return HttpResponse(exposition(database=True), content_type=CONTENT_TYPE_LATEST)


def refused_metrics(authorization: str) -> int | None:
    """Return the status to refuse metrics with, None for who may read them."""
    token = settings.METRICS_TOKEN
    if not token:
        return 404 if is_production() else None
    return None if hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()) else 401
