"""Tokens of the platform's own accounts, by client credentials, renewed at half their life."""

import logging
import threading
import time
from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from requests import RequestException

import auth_client
from auth_client.api.auth import auth_service_token_create
from auth_client.models import ClientCredentialsRequest
from auth_client.models import ServiceToken as IssuedToken
from chassis.encryption import UnreadableSecretError, decrypt, encrypt
from chassis.errors import UnavailableError
from chassis.http import ServiceSession
from gateways.models import ServiceToken

logger = logging.getLogger(__name__)

MEMORY_SECONDS = 30
RETRY_SECONDS = 5


class NoServiceTokenError(UnavailableError):
    """There is no valid token of the account and the auth service gives none."""

    code = "service_token_unavailable"
    message = _("The marketplace cannot act for you right now. Please try again in a moment.")


class ServiceTokenKeeper:
    """Holds an account's token in this process's memory, then in the database, and renews it from the auth service.

    A worker renews the platform's at half its life, so that no request waits for that; past its life whoever needs it
    does.

    `account` names the settings with its credentials: `<account>_CLIENT_ID` and `<account>_CLIENT_SECRET`.
    """

    def __init__(self, account: Literal["SERVICE", "AUDITOR", "RECONCILER"]) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._session = ServiceSession("auth", timeout=(1.0, 3.0))
        self._token = ""
        self._good_until = float("-inf")
        self._expires = float("-inf")
        self._tried_at = float("-inf")

    def get(self) -> str:
        """Return a token that is valid now. Raises `NoServiceTokenError`."""
        if time.monotonic() < self._good_until:
            return self._token
        try:
            row = self._kept()
            if row is None or row.expires_at <= timezone.now():
                row = self.renew() or row
        except (OperationalError, InterfaceError) as exc:
            # Without its database this process goes on with what it remembers.
            if time.monotonic() >= self._expires:
                raise NoServiceTokenError() from exc
            self._good_until = min(time.monotonic() + MEMORY_SECONDS, self._expires)
            return self._token
        token = _opened(row) if row is not None and row.expires_at > timezone.now() else None
        if row is None or token is None:
            raise NoServiceTokenError()
        with self._lock:
            self._token, self._good_until = token, time.monotonic() + MEMORY_SECONDS
            self._expires = time.monotonic() + (row.expires_at - timezone.now()).total_seconds()
        return token

    def renew_if_due(self) -> None:
        row = self._kept()
        if row is None or row.renew_at <= timezone.now():
            self.renew()

    def renew(self) -> ServiceToken | None:
        """Ask for a new token and keep it; None when the auth service gives none, or was asked a moment ago."""
        with self._lock:
            if time.monotonic() - self._tried_at < RETRY_SECONDS:
                return None
            self._tried_at = time.monotonic()
            self._good_until = float("-inf")
        client = auth_client.Client(base_url=settings.AUTH_URL, session=self._session, timeout=None)
        secret = getattr(settings, f"{self._account}_CLIENT_SECRET")
        body = ClientCredentialsRequest(client_id=self._client_id, client_secret=secret)
        try:
            response = auth_service_token_create.sync_detailed(client=client, body=body)
        except (RequestException, auth_client.MalformedResponse) as exc:
            logger.warning("service token not renewed", extra={"error": str(exc)})
            return None
        issued = response.parsed
        if not isinstance(issued, IssuedToken):
            logger.error("service token refused", extra={"status_code": response.status_code})
            return None
        life = timedelta(seconds=issued.expires_in)
        row, _created = ServiceToken.objects.update_or_create(
            client_id=self._client_id,
            defaults={
                "secret": encrypt(issued.access),
                "renew_at": timezone.now() + life / 2,
                "expires_at": timezone.now() + life - timedelta(minutes=1),
            },
        )
        return row

    def _kept(self) -> ServiceToken | None:
        return ServiceToken.objects.filter(client_id=self._client_id).first()

    @property
    def _client_id(self) -> str:
        return str(getattr(settings, f"{self._account}_CLIENT_ID"))


def _opened(row: ServiceToken) -> str | None:
    try:
        return decrypt(row.secret)
    except UnreadableSecretError:
        logger.warning("stored service token cannot be read: FIELD_ENCRYPTION_KEY changed")
        return None


service_token = ServiceTokenKeeper("SERVICE")
"""For what only the platform may do."""

auditor_token = ServiceTokenKeeper("AUDITOR")
"""For reading everything, and changing nothing."""

reconciler_token = ServiceTokenKeeper("RECONCILER")
"""For bringing back what others remember, also while a restored service refuses all other writes."""
