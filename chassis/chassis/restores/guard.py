"""A service whose database was restored refuses to write until reconcile has finished.

Whether it may write is looked up once per database connection, because a restore ends every connection; while it may
not, again at every write, so that a release takes effect at once.
"""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed

from chassis.identity.models import User
from chassis.identity.tokens import BearerAuthentication
from chassis.problems import plain_problem
from chassis.restores.errors import RETRY_AFTER_SECONDS, RestoredAwaitingReconcileError

RECONCILE_SCOPE = "reconcile.write"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OPERATORS_PAGES = frozenset({"admin", "rest_framework"})
"""Django's names of the admin and of the login forms: people have to get in to see what is wrong."""

_writing: ContextVar[HttpRequest | None] = ContextVar("writing", default=None)
"""The request being served, if it is to be refused in case a new connection leads to a restored database."""


class _Clear(threading.local):
    """The connection of this thread that is known to lead to a database which may be written to."""

    connection: Any = None


_clear = _Clear()


def awaits_reconcile() -> bool:
    """Whether the database that this thread is connected to was restored and not released yet.

    Costs a query only on a connection that is not known to be clear. Raises `DatabaseError` when it cannot tell.
    """
    if connection.connection is None:
        connection.ensure_connection()
    if connection.connection is _clear.connection:
        return False
    # Django's own cursor would count as a query of the request's and, for a new connection, be too early.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM restores_restore WHERE released_at IS NULL)")
        awaiting: bool = cursor.fetchone()[0]
    _clear.connection = None if awaiting else connection.connection
    return awaiting


def _is_known_to_await() -> bool:
    """Like `awaits_reconcile`, as far as the present connection can tell; the next one is looked at when it is made."""
    try:
        return connection.connection is not None and awaits_reconcile()
    except (DatabaseError, InterfaceError):
        return False


def forget() -> None:
    """Look again at the next write, on the same connection too. For tests, which never connect anew."""
    _clear.connection = None


def on_new_connection(**_kwargs: Any) -> None:
    """Refuse, in the middle of a write that had no connection or a broken one, to go on in a restored database."""
    request = _writing.get()
    if request is not None and awaits_reconcile() and not _is_reconciling(request):
        raise RestoredAwaitingReconcileError()


def _is_reconciling(request: HttpRequest) -> bool:
    try:
        found = BearerAuthentication().authenticate(request)  # type: ignore[arg-type] # reads the headers only
    except AuthenticationFailed:
        return False
    return found is not None and isinstance(found[0], User) and found[0].has_scope(RECONCILE_SCOPE)


class ReconcileMiddleware:
    """Answers 503 to writes while the restored database awaits reconcile; reads go on.

    A request that does not touch the database, as one that is only handed on, is let alone: it changes nothing here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _writing.set(None)
        try:
            return self.get_response(request)
        finally:
            _writing.reset(token)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        if request.method in SAFE_METHODS or _is_open(request, view):
            return None
        if _is_known_to_await() and not _is_reconciling(request):
            return refusal(request)
        _writing.set(request)
        return None


def _is_open(request: HttpRequest, view: Any) -> bool:
    match = request.resolver_match
    return (match is not None and match.app_name in OPERATORS_PAGES) or getattr(
        getattr(view, "cls", None), "writes_while_awaiting_reconcile", False
    )


def refusal(request: HttpRequest) -> HttpResponse:
    error = RestoredAwaitingReconcileError
    response = plain_problem(request, error.code, error.status, error.message)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
