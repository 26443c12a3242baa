"""Throttles whose counters lie in the database, so that every process of a service counts together.

Rates are settings (`THROTTLES = {"login_address": "30/min"}`), because many test buyers come from one address.
"""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from chassis.identity.models import User

PERIODS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}
FORWARD_SCOPE = "auth.forward_address"

_COUNT = """
    INSERT INTO throttles_throttlewindow (key, "window", hits) VALUES (%s, %s, 1)
    ON CONFLICT (key, "window") DO UPDATE SET hits = throttles_throttlewindow.hits + 1
    RETURNING hits
"""


def client_address(request: Request) -> str:
    """Return the address the request came from; a forwarded one is believed only from a service allowed to forward."""
    forwarded = request.headers.get("X-Client-Address")
    if forwarded and isinstance(request.user, User) and request.user.has_scope(FORWARD_SCOPE):
        return forwarded[:64]
    return str(request.META.get("REMOTE_ADDR", ""))


@dataclass(frozen=True)
class Count:
    """Whether one more was within the rate, and the seconds until the present window ends."""

    allowed: bool
    wait: float


def count(*, scope: str, subject: str) -> Count:
    """Count one more of `subject` against the rate that `settings.THROTTLES` gives `scope`."""
    limit, _slash, period = settings.THROTTLES[scope].partition("/")
    seconds = PERIODS[period]
    now = time.time()
    # Digested: what is counted may be an e-mail address.
    key = f"{scope}:{hashlib.sha256(subject.encode(errors='replace')).hexdigest()[:32]}"
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, int(now - now % seconds)])
        hits: int = cursor.fetchone()[0]
    return Count(allowed=hits <= int(limit), wait=seconds - now % seconds)


class SharedThrottle(BaseThrottle):
    """Counts what `identify` names in fixed windows. Subclasses set `scope`, a name in `settings.THROTTLES`."""

    scope = ""

    def identify(self, request: Request, view: APIView) -> str | None:
        """Return what is counted, or None to count nothing."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        subject = self.identify(request, view)
        if subject is None:
            return True
        counted = count(scope=self.scope, subject=subject)
        self._wait = counted.wait
        return counted.allowed

    def wait(self) -> float:
        return self._wait


class AddressThrottle(SharedThrottle):
    """Counts by the client's address."""

    def identify(self, request: Request, view: APIView) -> str | None:
        return client_address(request)
