"""The page at /api/v1/: where a person who came without an address begins."""

from collections.abc import Iterable, Iterator

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView


class ApiRootView(APIView):
    """What can be read here without naming one thing. Some of it asks you to log in first."""

    permission_classes = (AllowAny,)
    schema = None  # for people: programs read the spec
    service = ""

    def get_view_name(self) -> str:
        return self.service

    def get(self, request: Request) -> Response:
        own = request.path.rstrip("/") + "/"
        addresses = sorted(_readable(get_resolver().url_patterns, request))
        return Response({url.partition(own)[2]: url for url in addresses if own in url})


def _readable(patterns: Iterable[URLPattern | URLResolver], request: Request) -> Iterator[str]:
    """Yield the addresses of all views of the API that answer GET and take no parameter."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace is None:
                yield from _readable(pattern.url_patterns, request)
        elif pattern.name is not None and "get" in (getattr(pattern.callback, "actions", None) or {}):
            try:
                yield reverse(pattern.name, request=request)
            except NoReverseMatch:
                continue
