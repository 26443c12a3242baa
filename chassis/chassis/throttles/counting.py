"""Counters that lie in the database, so that every process of a service counts together.

Rates are settings (`THROTTLES = {"login_address": "30/min"}`), because many test buyers come from one address.
"""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

PERIODS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}

_COUNT = """
    INSERT INTO throttles_throttlewindow (key, "window", hits) VALUES (%s, %s, 1)
    ON CONFLICT (key, "window") DO UPDATE SET hits = throttles_throttlewindow.hits + 1
    RETURNING hits
"""


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
