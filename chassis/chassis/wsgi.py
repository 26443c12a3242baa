"""The WSGI application of every service: `application = get_wsgi_application()` in its wsgi.py."""

import logging
from typing import Any

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
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
    _leave_out_what_nobody_asks_for()
    application = Handler()
    _ = get_resolver().url_patterns
    return application


def _leave_out_what_nobody_asks_for() -> None:
    """Spare each request what only DEBUG or a cache of Django's would need, and each log line what it does not tell.

    Connections are looked at where a request has ended (`chassis.database`), and need not be where the next begins.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    # https://docs.python.org/3/howto/logging.html#optimization
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = False  # not logProcesses: gunicorn's own lines tell it
