from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.selectors import claims_of
from chassis.identity.backends import AccountBackend
from chassis.identity.models import Claims
from logins.errors import InvalidCredentialsError
from logins.services import check_credentials
from logins.throttling import count_login


class OwnAccountBackend(AccountBackend):
    """Login forms of this very service: it asks its own tables, not itself over HTTP."""

    def claims(self, email: str, password: str) -> Claims | None:
        if not count_login(email=email).allowed:
            raise ValidationError(_("Too many attempts. Please wait a moment."), code="throttled")
        try:
            return claims_of(check_credentials(email=email, password=password))
        except InvalidCredentialsError:
            return None
