"""Signed access tokens: what the chassis verifies everywhere is signed here alone."""

import threading
import time
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization

from chassis.encryption import decrypt
from chassis.identity.keys import ALGORITHM
from chassis.identity.models import Claims
from chassis.identity.tokens import AccessToken, AccessTokenBackend
from keys.services import ensure_signing_key

MEMORY_SECONDS = 30
"""A process signs with a retired key for at most this long; the key stays published for much longer."""


class Signer:
    """The signing key as this process holds it: read and decrypted seldom, since each login needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, Any] | None = None
        self._loaded_at = float("-inf")

    def key(self) -> tuple[str, Any]:
        """Return the `kid` and the private key to sign with."""
        with self._lock:
            if self._key is not None and time.monotonic() - self._loaded_at < MEMORY_SECONDS:
                return self._key
        row = ensure_signing_key()
        loaded = row.kid, serialization.load_pem_private_key(decrypt(row.private_key).encode(), password=None)
        with self._lock:
            self._key, self._loaded_at = loaded, time.monotonic()
        return loaded

    def forget(self) -> None:
        """Read the key again at its next use."""
        with self._lock:
            self._key = None


signer = Signer()


class SigningTokenBackend(AccessTokenBackend):
    """Verifies like every service, and signs."""

    def encode(self, payload: dict[str, Any]) -> str:
        kid, private_key = signer.key()
        return jwt.encode(
            {**payload, "aud": self.audience, "iss": self.issuer},
            private_key,
            algorithm=ALGORITHM,
            headers={"kid": kid},
        )


class SignedAccessToken(AccessToken):
    """An access token that can be written out."""

    @property
    def token_backend(self) -> SigningTokenBackend:
        return SigningTokenBackend()


def issue_token(*, claims: Claims, lifetime: timedelta) -> str:
    """Sign a token that says `claims` of its bearer for `lifetime`."""
    token = SignedAccessToken()
    token.set_exp(lifetime=lifetime)
    token.payload |= {
        "sub": str(claims.account_id),
        "email": claims.email,
        "email_verified": claims.email_verified,
        "language": claims.language,
        "roles": list(claims.roles),
        "scopes": list(claims.scopes),
    }
    return str(token)
