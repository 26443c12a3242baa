"""What views raise, as problems: also what Django, DRF and PostgreSQL raise, so that all errors have the same shape."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from chassis.errors import DomainError, UnavailableError
from chassis.problems import DATABASE_ERRORS, PROBLEM_JSON, BadRequestError, PayloadTooLargeError, problem

logger = logging.getLogger(__name__)


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
