"""What no view should have to think of: requests that are too large, or not text as we understand it."""

import codecs
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chassis.problems import BadRequestError, PayloadTooLargeError, plain_problem
from chassis.sizes import QUERY_PARAMETERS


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in {"utf-8", "ascii"}
    except (LookupError, ValueError):
        return False


class LimitsMiddleware:
    """Refuses a body that is too large (413) or does not say its length (400), other charsets than UTF-8 (415), and
    addresses (400) with NUL or too many parameters.

    DRF's parsers read a body whole, whatever Django's DATA_UPLOAD_MAX_MEMORY_SIZE says; Django takes a body without a
    length for an empty one. PostgreSQL stores no NUL. Python knows "charsets" that are no text encodings at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or "%00" in query or query.count("&") >= QUERY_PARAMETERS:
            return plain_problem(request, BadRequestError.code, BadRequestError.status, BadRequestError.message)
        if not _is_utf8((request.content_params or {}).get("charset", "utf-8")):
            return plain_problem(request, "charset_not_supported", 415, _("Only UTF-8 is understood here."))
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return plain_problem(request, "length_required", 400, _("Say how long the request is: Content-Length."))
        length = request.META.get("CONTENT_LENGTH") or "0"
        files = request.content_type == "multipart/form-data"
        limit = settings.UPLOAD_MAX_SIZE if files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length.isdecimal() and int(length) > limit:
            return plain_problem(
                request, PayloadTooLargeError.code, PayloadTooLargeError.status, PayloadTooLargeError.message
            )
        return None
