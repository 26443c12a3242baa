from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class OrderNotFoundError(DomainError):
    """No such order, or not for this caller."""

    code = "order_not_found"
    status = 404
    message = _("There is no such order.")


class OrderMismatchError(DomainError):
    """The id names an order of other content."""

    code = "order_mismatch"
    status = 422
    message = _("This id belongs to an order with other content.")


class OrderRejectedError(DomainError):
    """The order was called off, perhaps before it arrived; it stays so."""

    code = "order_rejected"
    status = 409
    message = _("This order was called off.")


class OrderConfirmedError(DomainError):
    """The order is paid for: calling it off is no longer a matter of its checkout."""

    code = "order_confirmed"
    status = 409
    message = _("This order is confirmed and can no longer be called off.")
