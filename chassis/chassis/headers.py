"""What every answer tells browsers and caches, beside what Django's SecurityMiddleware tells them.

The middleware stands outside of all that answers, so that refusals and files carry the same headers as pages.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from chassis.policies import DATA_POLICY, PAGES_POLICY, PERMISSIONS_POLICY


class HeadersMiddleware:
    """Adds Content-Security-Policy, for pages Permissions-Policy, and `no-store` unless the view decided otherwise.

    Nearly every answer is about somebody, or carries a token: what may be kept says so itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        media = urlsplit(settings.MEDIA_URL)
        self.pages_policy = PAGES_POLICY.format(images=f" {media.scheme}://{media.netloc}" if media.netloc else "")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        if headers.get("Content-Type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", self.pages_policy)
            headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        else:
            headers.setdefault("Content-Security-Policy", DATA_POLICY)
        headers.setdefault("Cache-Control", "no-store")
        return response


class ProxiesMiddleware:
    """Takes the caller's address from X-Forwarded-For, as far as our own proxies have written it.

    Each proxy adds, on the right, whom it was called by: with two of ours in front, the second from the right is the
    caller, and what stands left of it is what the caller would like us to believe.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.TRUSTED_PROXIES:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= settings.TRUSTED_PROXIES:
            request.META["REMOTE_ADDR"] = forwarded[-settings.TRUSTED_PROXIES].strip()
        return self.get_response(request)
