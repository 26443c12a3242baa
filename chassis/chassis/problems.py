"""Problems: every error of every API as `application/problem+json` (RFC 9457), made in one place.

The handler also translates what Django, DRF and PostgreSQL raise, so that all errors have the same shape.
"""

import logging
import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from chassis.errors import RETRY_AFTER_SECONDS, DomainError, UnavailableError
from chassis.logs import request_id

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"


def problem(
    *,
    status: int,
    code: str,
    detail: str | Promise,
    errors: list[dict[str, str]] | None = None,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build the body of a problem. `type` is relative and stable; `code` repeats its last part for convenience."""
    return {
        **(data or {}),
        "type": f"/problems/{code}",
        "title": str(HTTP_TITLES.get(status, _("Error"))),
        "status": status,
        "code": code,
        "detail": str(detail),
        "errors": errors or [],
        "request_id": request_id.get(),
    }


HTTP_TITLES: dict[int, str | Promise] = {
    400: _("Bad request"),
    401: _("Authentication required"),
    402: _("Payment refused"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not acceptable"),
    409: _("Conflict"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    422: _("Unprocessable content"),
    429: _("Too many requests"),
    500: _("Internal error"),
    502: _("Bad gateway"),
    503: _("Temporarily unavailable"),
}


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem, and mark the transaction for rollback.

    What is no refusal but a defect returns None: Django logs it with its traceback and answers 500.
    """
    answer = problem_response(exc)
    if answer is not None:
        set_rollback()
    return answer


def problem_response(exc: Exception) -> Response | None:
    """Return the problem for `exc`, or None for a defect."""
    exc = _refusal_behind(exc)
    headers: dict[str, str] = {}
    if isinstance(exc, DomainError):
        body = problem(status=exc.status, code=exc.code, detail=exc.detail, errors=exc.errors, data=exc.data)
        if exc.retry_after is not None:
            headers["Retry-After"] = str(exc.retry_after)
    elif isinstance(exc, exceptions.ValidationError):
        errors = list(_field_errors(exc.get_full_details()))
        body = problem(status=exc.status_code, code="invalid", detail=_("The request is not valid."), errors=errors)
    elif isinstance(exc, exceptions.APIException):
        body = problem(status=exc.status_code, code=_code_of(exc), detail=_detail_of(exc))
        if challenge := getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if (wait := getattr(exc, "wait", None)) is not None:
            headers["Retry-After"] = str(math.ceil(wait))
    else:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=PROBLEM_JSON)


def _refusal_behind(exc: Exception) -> Exception:
    """Translate what Django and PostgreSQL raise; what is known to be neither stays as it is."""
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, OperationalError | InterfaceError):
        # A lock or statement time-out, a deadlock, or a database that is down: PostgreSQL rolled everything back.
        logger.warning("database unavailable", extra={"error": type(exc.__cause__ or exc).__name__})
        return UnavailableError()
    if isinstance(exc, DataError):
        return exceptions.ValidationError(_("A value is out of range."), code="out_of_range")
    return exc


def _code_of(exc: exceptions.APIException) -> str:
    codes = exc.get_codes()
    return codes if isinstance(codes, str) else exc.default_code


def _detail_of(exc: exceptions.APIException) -> str:
    detail = exc.detail
    return str(detail if isinstance(detail, str) else exc.default_detail)


def _field_errors(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details into `{"field": "lines.0.quantity", "code": …, "message": …}`."""
    if (
        isinstance(details, dict)
        and {"message", "code"} == set(details)
        and not isinstance(details["code"], dict | list)
    ):
        yield {"field": path, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, dict):
        for key, value in details.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _field_errors(value, ".".join(part for part in (path, name) if part))
    elif isinstance(details, list):
        for position, item in enumerate(details):
            nested = isinstance(item, dict) and "message" not in item
            yield from _field_errors(item, f"{path}.{position}" if nested and path else path)


def _plain_problem(request: HttpRequest, code: str, http_status: int, detail: str | Promise) -> HttpResponse:
    body = problem(status=http_status, code=code, detail=detail)
    response = JsonResponse(body, status=http_status, content_type=PROBLEM_JSON)
    if http_status == status.HTTP_503_SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's `handler400`: what was refused before it reached a view."""
    return _plain_problem(request, "bad_request", 400, _("The request could not be understood."))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's `handler403`."""
    return _plain_problem(request, "permission_denied", 403, _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's `handler404`: no such address."""
    return _plain_problem(request, "not_found", 404, _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: a defect, or a database out of reach before the view was entered."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _plain_problem(request, UnavailableError.code, 503, UnavailableError.message)
    return _plain_problem(request, "internal_error", 500, _("Something went wrong here. It has been recorded."))
