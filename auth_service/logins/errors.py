from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class InvalidCredentialsError(DomainError):
    """No such account, another password, or an account that is shut out: the caller is not told which."""

    code = "invalid_credentials"
    status = 401
    message = _("The e-mail address or the password is not right.")


class InvalidRefreshTokenError(DomainError):
    """The refresh token is unknown, used, expired or revoked: the person signs in again."""

    code = "invalid_refresh_token"
    status = 401
    message = _("The session has ended. Please sign in again.")
