"""The WSGI application of every service: `application = get_wsgi_application()` in its wsgi.py."""

from typing import Any

import django
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import get_resolver

from chassis import tracing

PATHS = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked by address: what they answer does not depend on the name they are asked under."""

START = "start"
"""The tag of checks that also stop the start of a web process and of a worker; other commands run all checks anyway."""


class Request(WSGIRequest):
    """A request that stands any charset its caller invents; `chassis.limits` refuses those that are not UTF-8."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (LookupError, ValueError):
            # Django reads the query string by it, before any middleware is asked.
            self.encoding = None  # type: ignore[assignment]

    def get_host(self) -> str:
        """Probes and Prometheus call by address, which no ALLOWED_HOSTS can name beforehand."""
        return "localhost" if self.path_info in PATHS else super().get_host()


class Handler(WSGIHandler):
    request_class = Request


def get_wsgi_application() -> Handler:
    """Set Django up and return the application, with all that its first request would have to import.

    Raises `ImproperlyConfigured` with the first thing that a check tagged `START` has to say.
    """
    django.setup(set_prefix=False)
    tracing.start(settings.SERVICE_NAME)
    for refusal in run_checks(tags=[START]):
        raise ImproperlyConfigured(refusal.msg)
    application = Handler()
    _ = get_resolver().url_patterns
    return application
