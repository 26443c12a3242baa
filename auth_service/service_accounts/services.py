"""Writes of service accounts, and the tokens that services get for their secret."""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from chassis.identity.models import Claims
from keys.lifetimes import SERVICE_TOKEN
from keys.signing import issue_token
from service_accounts.errors import InvalidClientError, InvalidScopeError, WeakSecretError
from service_accounts.models import ServiceAccount

SERVICE_ROLE = "service"
MIN_SECRET = 32
_SCOPE = re.compile(r"[a-z_]+\.[a-z_]+\Z")


@dataclass(frozen=True)
class ServiceToken:
    """An access token for `expires_in` seconds; `scope` lists its scopes, separated by spaces."""

    access: str
    expires_in: int
    scope: str


def issue_service_token(*, client_id: str, client_secret: str) -> ServiceToken:
    """Return a token for the service that knows the secret. Raises `InvalidClientError`."""
    account = ServiceAccount.objects.filter(client_id=client_id, is_active=True).first()
    salt, expected = (account.secret_salt, account.secret_digest) if account else ("", "")
    if not hmac.compare_digest(_digest(salt, client_secret), expected) or account is None:
        raise InvalidClientError()
    claims = Claims(
        account_id=account.pk,
        email="",
        email_verified=False,
        language="en",
        roles=(SERVICE_ROLE,),
        scopes=tuple(account.scopes),
    )
    return ServiceToken(
        access=issue_token(claims=claims, lifetime=SERVICE_TOKEN),
        expires_in=int(SERVICE_TOKEN.total_seconds()),
        scope=" ".join(account.scopes),
    )


@transaction.atomic
def save_service_account(*, client_id: str, scopes: Sequence[str], secret: str) -> ServiceAccount:
    """Add a service account, or give the one of this name these scopes and this secret.

    Raises `WeakSecretError`, `InvalidScopeError`.
    """
    if len(secret) < MIN_SECRET:
        raise WeakSecretError()
    salt = secrets.token_hex(16)
    account, _created = ServiceAccount.objects.update_or_create(
        client_id=client_id,
        defaults={
            "scopes": check_scopes(scopes),
            "secret_salt": salt,
            "secret_digest": _digest(salt, secret),
            "is_active": True,
        },
    )
    return account


@transaction.atomic
def update_service_account(*, account_id: uuid.UUID, scopes: Sequence[str], is_active: bool) -> None:
    """Change what a service may do, from its next token on; the present one lives for at most 12 hours.

    Raises `InvalidScopeError`.
    """
    ServiceAccount.objects.filter(pk=account_id).update(scopes=check_scopes(scopes), is_active=is_active)


def check_scopes(scopes: Sequence[str]) -> list[str]:
    """Return the scopes in order, each once. Raises `InvalidScopeError`."""
    if not all(_SCOPE.match(scope) for scope in scopes):
        raise InvalidScopeError()
    return sorted(set(scopes))


def _digest(salt: str, secret: str) -> str:
    """Fast on purpose: the secret is random and long, so that slowness would protect nothing."""
    return hmac.new(salt.encode(), secret.encode(errors="replace"), hashlib.sha256).hexdigest()
