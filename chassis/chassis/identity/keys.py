"""The public keys that verify access tokens (RFC 7517), fetched seldom and kept for long.

Order of places: this process's memory, the database row shared by all processes, the auth service. A key set that
cannot be renewed goes on being used: a dead auth service stops logins, not shopping in progress.
"""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from chassis.errors import UnavailableError
from chassis.http import CallError, ServiceSession, json_of
from chassis.identity.models import PublishedKeys

logger = logging.getLogger(__name__)

ALGORITHM = "RS256"
LEEWAY = timedelta(seconds=30)
"""By which the clocks of who signs and who verifies may differ."""
MEMORY_SECONDS = 30
REFRESH_AFTER = timedelta(minutes=5)
RETRY_AFTER = timedelta(seconds=10)

_session = ServiceSession("auth", timeout=(1.0, 3.0))


class KeysUnavailableError(UnavailableError):
    """The key that a token names is not known, and the auth service does not say whether it exists."""

    code = "identity_unavailable"
    message = _("Sign-in cannot be checked right now. Please try again in a moment.")


def fetch_published_keys() -> dict[str, Any]:
    """Fetch the auth service's key set. Raises `CallError` when it does not answer or answers something else."""
    return json_of(_session.get(f"{settings.AUTH_URL}/.well-known/jwks.json"))


class KeyRing:
    """Finds the public key named by a token's `kid`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._loaded_at = float("-inf")

    def get(self, kid: str) -> Any | None:
        """Return the key called `kid`, or None if the newest known set has none of that name.

        Raises `KeysUnavailableError` when that cannot be said: no set is known at all, or the attempt to fetch a newer
        one failed or has not ended yet.
        """
        if time.monotonic() - self._loaded_at < MEMORY_SECONDS and kid in self._keys:
            return self._keys[kid]
        keys = self._load()
        if kid not in keys:
            keys = self.refresh()
        if kid not in keys and (not keys or self._is_unsure()):
            raise KeysUnavailableError()
        return keys.get(kid)

    def refresh(self, *, older_than: timedelta = timedelta(0)) -> dict[str, Any]:
        """Fetch the set again, unless another process did or tried to a moment ago; return what is known now."""
        issuer = settings.TOKEN_ISSUER
        PublishedKeys.objects.bulk_create(
            [PublishedKeys(issuer=issuer, attempted_at=Now() - timedelta(days=1))],
            ignore_conflicts=True,
        )
        # An empty row is tried by everybody: at the very first start nobody should wait for another's attempt.
        due = Q(fetched_at=None) | Q(attempted_at__lt=Now() - RETRY_AFTER)
        if older_than:
            due &= Q(fetched_at=None) | Q(fetched_at__lt=Now() - older_than)
        row = PublishedKeys.objects.filter(due, issuer=issuer)
        if row.update(attempted_at=Now()):
            try:
                document = import_string(settings.KEY_SET_SOURCE)()
                _parse(document)
            except (CallError, KeysUnavailableError) as exc:
                logger.warning("published keys not refreshed", extra={"error": str(exc)})
            else:
                PublishedKeys.objects.filter(issuer=issuer).update(document=document, fetched_at=Now())
        return self._load()

    def forget(self) -> None:
        """Drop what this process remembers; the next look-up reads the database."""
        self._loaded_at = float("-inf")
        self._keys = {}

    def _is_unsure(self) -> bool:
        row = PublishedKeys.objects.filter(issuer=settings.TOKEN_ISSUER)
        return row.filter(Q(fetched_at=None) | Q(fetched_at__lt=F("attempted_at"))).exists()

    def _load(self) -> dict[str, Any]:
        rows = PublishedKeys.objects.filter(issuer=settings.TOKEN_ISSUER)
        try:
            document = rows.values_list("document", flat=True).first()
        except (OperationalError, InterfaceError):
            if not self._keys:
                raise
            # As good as loaded: not every request shall wait for a database that is out of reach.
            self._loaded_at = time.monotonic()
            return self._keys
        keys = _parse(document) if document else {}
        with self._lock:
            self._keys, self._loaded_at = keys, time.monotonic()
        return keys


def _parse(document: Any) -> dict[str, Any]:
    """Return the RSA keys of a JWK set by `kid`. Raises `KeysUnavailableError` for anything without a usable key."""
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("kty") == "RSA" and isinstance(entry.get("kid"), str):
            try:
                keys[entry["kid"]] = jwt.PyJWK(entry, algorithm="RS256").key
            except (jwt.PyJWTError, ValueError, TypeError):
                logger.warning("published key ignored", extra={"kid": entry["kid"]})
    if not keys:
        raise KeysUnavailableError(data={"reason": "the published key set has no usable key"})
    return keys


key_ring = KeyRing()
