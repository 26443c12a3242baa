"""Problems: every error of every API as `application/problem+json` (RFC 9457), made in one place.

The handler also translates what Django, DRF and PostgreSQL raise, so that all errors have the same shape.
"""

import logging
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from chassis.errors import RETRY_AFTER_SECONDS, DomainError, UnavailableError
from chassis.logs import request_id

logger = logging.getLogger(__name__)

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


class ProblemResponse(Response):
    """A problem of a view: problem+json, or the browsable API's page for a person who asked for HTML."""

    @property
    def rendered_content(self) -> Any:
        if self.accepted_renderer.format == "json":
            self.content_type = PROBLEM_JSON
        return super().rendered_content


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
    if body["status"] == status.HTTP_401_UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="api"')
    return ProblemResponse(body, status=body["status"], headers=headers)


_REFUSALS: dict[type[Exception], Callable[[], Exception]] = {
    Http404: exceptions.NotFound,
    PermissionDenied: exceptions.PermissionDenied,
    RequestDataTooBig: PayloadTooLargeError,  # before the wider SuspiciousOperation
    SuspiciousOperation: BadRequestError,
    BadRequest: BadRequestError,
    UnreadablePostError: BadRequestError,
}


def _refusal_behind(exc: Exception) -> Exception:
    """Translate what Django and PostgreSQL raise; what is known to be neither stays as it is."""
    for kind, refusal in _REFUSALS.items():
        if isinstance(exc, kind):
            return refusal()
    if isinstance(exc, DATABASE_ERRORS):
        logger.warning("database unavailable", extra={"error": type(exc.__cause__ or exc).__name__})
        return UnavailableError()
    if isinstance(exc, DataError):
        logger.warning("value refused by the database", extra={"error": type(exc.__cause__ or exc).__name__})
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
    if _is_error(details):
        yield {"field": path, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, dict):
        for key, value in details.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _field_errors(value, ".".join(part for part in (path, name) if part))
    elif isinstance(details, list):
        for position, item in enumerate(details):
            place = path if _is_error(item) else str(position)
            yield from _field_errors(item, place if place == path or not path else f"{path}.{position}")


def _is_error(details: Any) -> bool:
    """Whether this is one error, not the errors of an object whose fields happen to be called so."""
    return (
        isinstance(details, dict)
        and set(details) == {"message", "code"}
        and not isinstance(details["code"], dict | list)
    )


def plain_problem(request: HttpRequest, code: str, http_status: int, detail: str | Promise) -> HttpResponse:
    """Answer a problem outside of any view of the API; a person's browser gets it as a page."""
    body = problem(status=http_status, code=code, detail=detail)
    if request.get_preferred_type([PROBLEM_JSON, "application/json", "text/html"]) == "text/html":
        response = HttpResponse(render_to_string("problem.html", {"problem": body}), status=http_status)
    else:
        response = JsonResponse(body, status=http_status, content_type=PROBLEM_JSON)
    if http_status == status.HTTP_503_SERVICE_UNAVAILABLE:
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
