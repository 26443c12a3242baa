"""The pytest plugin of every service: development settings, and callers of every kind with real, signed tokens.

Loaded by `-p chassis.testing`, before Django's settings are read.
"""

import os

os.environ.setdefault("ENVIRONMENT", "development")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings

if TYPE_CHECKING:
    # Importable only once pytest-django has configured Django, after this plugin is loaded.
    from rest_framework.test import APIClient

KEY_ID = "test-key"
_private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_public_jwk = {
    **jwt.algorithms.RSAAlgorithm.to_jwk(_private_key.public_key(), as_dict=True),
    "kid": KEY_ID,
    "alg": "RS256",
    "use": "sig",
}

TokenFactory = Callable[..., str]
ClientFactory = Callable[..., "APIClient"]


def published_keys() -> dict[str, Any]:
    """Stand in for the auth service's `/.well-known/jwks.json`."""
    return {"keys": [_public_jwk]}


def make_token(
    *,
    account: uuid.UUID | str | None = None,
    roles: Sequence[str] = ("buyer",),
    scopes: Sequence[str] = (),
    email: str = "someone@example.com",
    email_verified: bool = True,
    language: str = "en",
    key: Any = _private_key,
    kid: str | None = KEY_ID,
    algorithm: str = "RS256",
    expires_in: timedelta = timedelta(minutes=10),
    **claims: Any,
) -> str:
    """Sign an access token as the auth service would; every part can be made wrong on purpose."""
    now = datetime.now(UTC)
    payload = {
        "iss": "mylittleshopping",
        "aud": "mylittleshopping",
        "sub": str(account or uuid.uuid4()),
        "iat": now,
        "exp": now + expires_in,
        "jti": uuid.uuid4().hex,
        "token_type": "access",
        "email": email,
        "email_verified": email_verified,
        "language": language,
        "roles": list(roles),
        "scopes": list(scopes),
        **claims,
    }
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


@pytest.fixture
def token() -> TokenFactory:
    """A function that signs access tokens: `token(roles=["seller"])`."""
    return make_token


@pytest.fixture
def client_for() -> ClientFactory:
    """A function that gives an API client signed in as told: `client_for(account=…, roles=["buyer"])`."""

    from rest_framework.test import APIClient

    def make(**claims: Any) -> "APIClient":
        client = APIClient(raise_request_exception=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(**claims)}")
        return client

    return make


@pytest.fixture
def anonymous() -> "APIClient":
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture(autouse=True)
def _trusted_test_key(settings: Settings) -> Iterator[None]:
    """Let the service under test trust the key that signs the tests' tokens."""
    from chassis.identity.keys import _parse, key_ring

    settings.KEY_SET_SOURCE = "chassis.testing.published_keys"
    key_ring._keys, key_ring._loaded_at = _parse(published_keys()), time.monotonic()
    yield
    key_ring.forget()


@pytest.fixture(autouse=True)
def _mails_in_memory(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def run_jobs(db: None) -> Callable[[], int]:
    """A function that runs all due jobs, as a worker would, and returns how many there were."""
    from chassis.jobs.worker import claim_due, run

    def run_all() -> int:
        count = 0
        while claims := claim_due(limit=10):
            for claim in claims:
                run(claim)
            count += len(claims)
        return count

    return run_all
