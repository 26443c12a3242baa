"""Access tokens: RS256, verified locally by the published key that their `kid` names.

Algorithm, issuer, audience and expiry are pinned; claims are checked for their types, so that nothing of another
shape can pass for a role.
"""

import hashlib
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import jwt
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.tokens import Token

from chassis.identity.keys import ALGORITHM, LEEWAY, key_ring
from chassis.identity.models import Claims, User
from chassis.logs import account_id

MOST_REMEMBERED = 5000


class AccessTokenBackend(TokenBackend):
    """Verifies with the key ring. Signing is the auth service's, in a subclass of its own."""

    def __init__(self) -> None:
        super().__init__(ALGORITHM, audience=settings.TOKEN_AUDIENCE, issuer=settings.TOKEN_ISSUER, leeway=LEEWAY)

    def get_verifying_key(self, token: Any) -> Any:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, ValueError) as exc:
            raise TokenBackendError(_("Token is invalid")) from exc
        kid = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(kid, str):
            raise TokenBackendError(_("Token is invalid"))
        key = key_ring.get(kid)
        if key is None:
            raise TokenBackendError(_("Token is invalid"))
        return key


class AccessToken(Token):
    """A token that names its bearer for a few minutes."""

    token_type = "access"  # noqa: S105
    lifetime = timedelta(minutes=10)

    @property
    def token_backend(self) -> TokenBackend:
        return AccessTokenBackend()

    def get_token_backend(self) -> TokenBackend:
        return self.token_backend

    @property
    def claims(self) -> Claims:
        """The typed claims. Raises `TokenError` when one is missing or of another type."""
        return claims_of(self.payload)

    @cached_property
    def user(self) -> User:
        """The bearer: one object for all requests that come with this token, so nothing may change it."""
        return User.from_claims(self.claims)


def claims_of(payload: dict[str, Any]) -> Claims:
    """Check the types of a verified token's claims. Raises `TokenError`."""
    try:
        account = uuid.UUID(_text(payload, "sub"))
    except ValueError as exc:
        raise TokenError(_("Token is invalid")) from exc
    email_verified = payload.get("email_verified", False)
    if not isinstance(email_verified, bool):
        raise TokenError(_("Token is invalid"))
    return Claims(
        account_id=account,
        email=_text(payload, "email"),
        email_verified=email_verified,
        language=_text(payload, "language") or "en",
        roles=_texts(payload, "roles"),
        scopes=_texts(payload, "scopes"),
    )


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name, "")
    if not isinstance(value, str):
        raise TokenError(_("Token is invalid"))
    return value


def _texts(payload: dict[str, Any], name: str) -> tuple[str, ...]:
    value = payload.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TokenError(_("Token is invalid"))
    return tuple(value)


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature and claims were checked: nothing of that can change but the time and the key set."""

    token: AccessToken
    kid: str
    expires_at: float


class VerifiedTokens:
    """Remembers, by their digests, tokens that this process has verified, since most come with many requests.

    Verifying one costs more than many an answer. A remembered one is asked again whether it has expired, and whether
    its key is still published.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, _Verified] = {}
        self._lock = threading.Lock()

    def get(self, raw_token: bytes) -> AccessToken:
        """Return the token. Raises `TokenError` when it is not valid, or not any more."""
        digest = hashlib.sha256(raw_token).digest()
        known = self._known.get(digest)
        if known is not None and time.time() < known.expires_at and key_ring.get(known.kid) is not None:
            return known.token
        token = AccessToken(raw_token)  # type: ignore[arg-type]
        kid = jwt.get_unverified_header(raw_token)["kid"]
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[digest] = _Verified(token, kid, token.payload["exp"] + LEEWAY.total_seconds())
        return token

    def forget(self) -> None:
        with self._lock:
            self._known.clear()


verified_tokens = VerifiedTokens()


class BearerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; the user is built from the claims, without a query."""

    def __init__(self) -> None:
        """Without simplejwt's, which looks up the model of users at each request, and does not need it here."""

    def get_validated_token(self, raw_token: bytes) -> AccessToken:
        try:
            return verified_tokens.get(raw_token)
        except TokenError as exc:
            raise AuthenticationFailed(
                _("The access token is not valid or has expired."), code="token_not_valid"
            ) from exc

    def get_user(self, validated_token: Any) -> User:  # type: ignore[override]
        try:
            user: User = validated_token.user
        except TokenError as exc:
            raise AuthenticationFailed(_("The access token is not valid."), code="token_not_valid") from exc
        account_id.set(user.username)
        return user
