"""How long tokens live, and how long keys stay known because of that."""

from datetime import timedelta

from chassis.identity.keys import LEEWAY, REFRESH_AFTER

ACCOUNT_TOKEN = timedelta(minutes=10)
SERVICE_TOKEN = timedelta(hours=12)

KEY_SET_CACHED = REFRESH_AFTER
"""How long an HTTP cache may answer with a key set that it has."""

CACHES = REFRESH_AFTER + KEY_SET_CACHED + timedelta(minutes=5)
"""After this, every verifier has fetched the key set again: what services and HTTP caches keep, and some more."""

VERIFIES_AFTER_RETIREMENT = SERVICE_TOKEN + LEEWAY + CACHES
"""How long a retired key stays published: as long as a token may live that it signed in its last moment."""
