"""Problems: every error of every API as `application/problem+json` (RFC 9457), made in one place.

What views raise becomes one in `chassis.exception_handler`.
"""

import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chassis.errors import RETRY_AFTER_SECONDS, DomainError, UnavailableError
from chassis.logs import request_id

PROBLEM_JSON = "application/problem+json"

DATABASE_ERRORS = (OperationalError, InterfaceError, InternalError)
"""A lock or statement time-out, a deadlock, a session that was ended, a database that is down: all was rolled back."""


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
    412: _("Changed meanwhile"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    422: _("Unprocessable content"),
    429: _("Too many requests"),
    500: _("Internal error"),
    502: _("Bad gateway"),
    503: _("Temporarily unavailable"),
    504: _("No answer in time"),
}


class PayloadTooLargeError(DomainError):
    """The body is longer than what is taken."""

    code = "too_large"
    status = 413
    message = _("The request is too large.")


class BadRequestError(DomainError):
    """The request is not well formed, below the level of any field."""

    code = "bad_request"
    status = 400
    message = _("The request could not be understood.")


def plain_problem(request: HttpRequest, code: str, http_status: int, detail: str | Promise) -> HttpResponse:
    """Answer a problem outside of any view of the API; a person's browser gets it as a page."""
    body = problem(status=http_status, code=code, detail=detail)
    if request.get_preferred_type([PROBLEM_JSON, "application/json", "text/html"]) == "text/html":
        response = HttpResponse(render_to_string("problem.html", {"problem": body}), status=http_status)
    else:
        response = JsonResponse(body, status=http_status, content_type=PROBLEM_JSON)
    if http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's `handler400`: what was refused before it reached a view."""
    error = PayloadTooLargeError if isinstance(exception, RequestDataTooBig) else BadRequestError
    return plain_problem(request, error.code, error.status, error.message)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's `handler403`."""
    return plain_problem(request, "permission_denied", 403, _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's `CSRF_FAILURE_VIEW`: a form without its token, or sent from another site."""
    return plain_problem(request, "csrf_failed", 403, _("This form is no longer valid. Please load the page again."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's `handler404`: no such address."""
    return plain_problem(request, "not_found", 404, _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: a defect, or a database out of reach before the view was entered."""
    if isinstance(sys.exc_info()[1], DATABASE_ERRORS):
        return plain_problem(request, UnavailableError.code, 503, UnavailableError.message)
    return plain_problem(request, "internal_error", 500, _("Something went wrong here. It has been recorded."))
