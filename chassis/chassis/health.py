"""Probes: `/livez` says that the process answers, `/readyz` that it can do its work."""

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

_migrated = False


def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and has this release's tables; it asks no other service.

    A service that does most of its work without its database (READY_WITHOUT_DATABASE) stays ready when it loses it, and
    says so: a load balancer that turned away from all its replicas would take that work down too.
    """
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
