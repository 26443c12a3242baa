from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class InvalidTokenError(DomainError):
    """The verification token was never given out, or has expired unused."""

    code = "invalid_token"
    status = 400
    message = _("This link is not valid or has expired.")


class AccountNotFoundError(DomainError):
    code = "not_found"
    status = 404
    message = _("There is no such account.")
