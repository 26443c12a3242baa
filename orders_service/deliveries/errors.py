from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class SaleNotFoundError(DomainError):
    """No such sale, another seller's, or of an order that is not confirmed."""

    code = "sale_not_found"
    status = 404
    message = _("There is no such sale.")


class AlreadyShippedError(DomainError):
    """All of the sale is on its way."""

    code = "already_shipped"
    status = 409
    message = _("This sale is marked as shipped already.")


class SaleCancelledError(DomainError):
    """The sale was cancelled: nothing is to be sent."""

    code = "sale_cancelled"
    status = 409
    message = _("This sale was cancelled; do not ship it.")
