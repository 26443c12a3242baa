"""Keeps requests from writing to a restored database that awaits reconcile."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed

from chassis.identity.models import User
from chassis.identity.tokens import BearerAuthentication
from chassis.problems import plain_problem
from chassis.restores.errors import RETRY_AFTER_SECONDS, RestoredAwaitingReconcileError
from chassis.restores.guard import RECONCILE_SCOPE, awaits_reconcile, is_known_to_await

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OPERATORS_PAGES = frozenset({"admin", "rest_framework"})
"""Django's names of the admin and of the login forms: people have to get in to see what is wrong."""

_writing: ContextVar[HttpRequest | None] = ContextVar("writing", default=None)
"""The request being served, if it is to be refused in case a new connection leads to a restored database."""


@receiver(connection_created, dispatch_uid="chassis.restores")
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
        if is_known_to_await() and not _is_reconciling(request):
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
