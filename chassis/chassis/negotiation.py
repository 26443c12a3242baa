"""Which renderer answers: programs say that they take JSON, or anything, and get JSON."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

TAKES_JSON = frozenset({"application/json", "*/*"})


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's, which weighs headers, for everybody but those whose header says one thing."""

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        accepted = request.META.get("HTTP_ACCEPT", "*/*")
        first = next(iter(renderers))
        if (
            accepted in TAKES_JSON
            and first.media_type == "application/json"
            and format_suffix is None
            and self.settings.URL_FORMAT_OVERRIDE not in request.query_params
        ):
            return first, first.media_type
        chosen: tuple[Any, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen
