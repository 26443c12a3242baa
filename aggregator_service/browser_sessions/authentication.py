"""Requests of a browser that has a session: authenticated as ever, with the token that the session keeps."""

import json
import time
from typing import Any

import jwt
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from browser_sessions.backends import SESSION_KEY
from chassis.encryption import UnreadableSecretError, decrypt, encrypt
from chassis.errors import DomainError
from chassis.identity.tokens import AccessToken
from gateways import accounts

RENEW_SECONDS = 60


class SessionTokenAuthentication(SessionAuthentication):
    """Gives `request.auth` the access token of the session's account, renewed when it is about to expire."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is None or SESSION_KEY not in request.session:
            return None
        user, _unused = found
        return user, AccessToken(self._access(request).encode())  # type: ignore[arg-type] # as simplejwt itself passes it

    def _access(self, request: Request) -> str:
        try:
            tokens = json.loads(decrypt(request.session[SESSION_KEY]))
            if _seconds_left(tokens["access"]) < RENEW_SECONDS:
                tokens = accounts.renewed(refresh=tokens["refresh"])
                request.session[SESSION_KEY] = encrypt(json.dumps(tokens))
        except (UnreadableSecretError, DomainError) as exc:
            raise AuthenticationFailed(_("Your session can no longer be used. Please log in again.")) from exc
        return str(tokens["access"])


def _seconds_left(token: str) -> float:
    claims = jwt.decode(token, options={"verify_signature": False})
    return float(claims["exp"]) - time.time()
