"""Login forms (Django admin, browsable API): the marketplace's accounts open every service.

The password goes to the auth service; what comes back is a signed token like any other, whose claims become a shadow
user. Sessions then outlive the auth service's absence.
"""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError

from chassis.errors import UnavailableError
from chassis.http import CallError, ServiceSession, json_of
from chassis.identity.models import Claims, User
from chassis.identity.tokens import AccessToken

logger = logging.getLogger(__name__)

_session = ServiceSession("auth", timeout=(1.0, 5.0))


class BreakGlassBackend(ModelBackend):
    """The local superuser, checked first and never sent anywhere."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        user = User.objects.filter(username=username, is_superuser=True, is_active=True).first()
        return user if user is not None and password and user.check_password(password) else None


class AccountBackend(BaseBackend):
    """An account of the marketplace, by e-mail and password. `tokens` is what the auth service gave for them."""

    tokens: dict[str, Any] | None = None

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the shadow user, or None. Raises a form error when the auth service cannot be asked.

        A break-glass name never reaches the auth service: its typing errors would lie in another service's hands.
        """
        if not username or not password or "@" not in username:
            return None
        if User.objects.filter(username=username, is_superuser=True).exists():
            return None
        claims = self.claims(username, password)
        return None if claims is None else shadow_user(claims)

    def claims(self, email: str, password: str) -> Claims | None:
        """Ask the auth service. The auth service itself overrides this with a look into its own tables."""
        try:
            response = _session.post(
                f"{settings.AUTH_URL}/api/v1/auth/token", json={"email": email, "password": password}
            )
            if response.status_code in {400, 401, 403, 422}:
                return None
            if response.status_code == 429:
                raise ValidationError(_("Too many attempts. Please wait a moment."), code="throttled")
            self.tokens = json_of(response)
            return AccessToken(self.tokens["access"]).claims
        except (CallError, TokenError, KeyError, UnavailableError) as exc:
            logger.warning("login not checked", extra={"error": str(exc)})
            raise ValidationError(
                _("The sign-in service cannot be reached right now. Please try again in a moment."), code="unavailable"
            ) from exc

    def get_user(self, user_id: Any) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


def shadow_user(claims: Claims) -> User:
    """Keep a row for the account, with the roles that it has now, and no password: that is the auth service's."""
    known = claims.as_columns()
    user, _created = User.objects.update_or_create(
        id=claims.account_id, defaults=known, create_defaults={**known, "password": make_password(None)}
    )
    return user
