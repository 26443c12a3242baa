"""Refusals of a checkout."""

from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class KeyRequiredError(DomainError):
    code = "idempotency_key_required"
    status = 400
    message = _("A checkout needs an Idempotency-Key header, so that repeating it never buys twice.")


class EmailNotVerifiedError(DomainError):
    code = "email_not_verified"
    status = 403
    message = _("Please verify your e-mail address before you buy.")


class CheckoutNotFoundError(DomainError):
    code = "not_found"
    status = 404
    message = _("There is no such checkout.")


class TotalChangedError(DomainError):
    code = "total_changed"
    status = 409
    message = _("The total is no longer what you expected. Nothing was ordered or charged.")


class PaymentDeclinedError(DomainError):
    code = "payment_declined"
    status = 402
    message = _("The payment was declined. Nothing was charged.")


class AuthenticationRequiredError(DomainError):
    code = "authentication_required"
    status = 402
    message = _("This card needs your bank's confirmation, which is not offered yet. Nothing was charged.")


class CheckoutExpiredError(DomainError):
    code = "checkout_expired"
    status = 409
    message = _(
        "The checkout could not be completed in time and was called off. Nothing was charged. Please try again."
    )


class CheckoutCancelledError(DomainError):
    code = "checkout_cancelled"
    status = 409
    message = _("You cancelled this checkout. Nothing was charged.")


class CheckoutDecidedError(DomainError):
    code = "checkout_decided"
    status = 409
    message = _("This checkout can no longer be cancelled: it has been paid.")
