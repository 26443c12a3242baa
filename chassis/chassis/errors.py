"""Errors: typed exceptions that a service raises; `chassis.exception_handler` turns them into answers.

An error is a stable code, a status and, for machines, data. It subclasses `DomainError` in its app's `errors.py`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RETRY_AFTER_SECONDS = 2


class DomainError(Exception):
    """A refusal that the caller can understand: `code` for machines, `message` for people, `data` for both.

    `retry_after` (seconds) is sent as a header where trying again makes sense.
    """

    code: str = "refused"
    status: int = 400
    message: ClassVar[str | Promise] = _("The request was refused.")

    def __init__(
        self,
        message: str | Promise | None = None,
        *,
        data: Mapping[str, Any] | None = None,
        field: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.detail = message or self.message
        self.data = dict(data or {})
        self.errors = [{"field": field, "code": self.code, "message": str(self.detail)}] if field else []
        self.retry_after = retry_after
        super().__init__(str(self.code))


class UnavailableError(DomainError):
    """A part that the operation needs is out of reach for now; nothing was changed."""

    code = "temporarily_unavailable"
    status = 503
    message = _("This is not available right now. Please try again in a moment.")

    def __init__(self, message: str | Promise | None = None, *, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, data=data, retry_after=RETRY_AFTER_SECONDS)
