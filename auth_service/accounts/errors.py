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


class PasswordRequiredError(DomainError):
    """The account came back after a restore, which knows no passwords: its owner chooses one with the link."""

    code = "password_required"
    status = 400
    message = _("This account needs a new password: send one along.")


class AddressTakenError(DomainError):
    """The address belongs to another account."""

    code = "address_taken"
    status = 409
    message = _("Another account has this address.")
