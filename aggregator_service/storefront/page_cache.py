"""Pages of the catalogue that are the same for everybody, remembered for a few seconds where an operator wants that.

A page from here shows prices and stock as they were up to `CATALOGUE_CACHE_SECONDS` ago. Nobody pays an old price:
carts are joined with prices and stock as they are, and a checkout names the total that its buyer saw.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import get_language
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.identity.models import User
from chassis.renderers import JSONRenderer

MOST_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    good_until: float


_pages: dict[tuple[str, str], _Page] = {}
_lock = threading.Lock()


def remembered(request: Request, build: Callable[[], dict[str, Any]]) -> Response | HttpResponse:
    """Answer with what `build` returns, or with what it returned a moment ago.

    Only anonymous programs share answers, and what misses a part (`degraded`) is remembered for nobody.
    """
    seconds = settings.CATALOGUE_CACHE_SECONDS
    if not seconds or isinstance(request.user, User) or request.accepted_renderer.format != "json":
        return Response(build())
    key = (request.build_absolute_uri(), get_language() or "")
    page = _pages.get(key)
    now = time.monotonic()
    if page is None or page.good_until < now:
        content = build()
        page = _Page(JSONRenderer().render(content), now + seconds)
        if not content.get("degraded"):
            with _lock:
                if len(_pages) >= MOST_PAGES:
                    _pages.clear()
                _pages[key] = page
    return HttpResponse(page.body, content_type="application/json")


def forget() -> None:
    """Drop all pages that this process remembers."""
    with _lock:
        _pages.clear()
