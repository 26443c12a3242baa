from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class CartNotFoundError(DomainError):
    """Also raised for another buyer's cart, which does not exist for this caller."""

    code = "cart_not_found"
    status = 404
    message = _("There is no such cart.")


class CartInCheckoutError(DomainError):
    code = "cart_in_checkout"
    status = 409
    message = _("This cart is being checked out.")


class CartClosedError(DomainError):
    code = "cart_closed"
    status = 409
    message = _("What is in this cart has been bought.")


class CartChangedError(DomainError):
    code = "cart_changed"
    status = 409
    message = _("This cart has changed since it was looked at.")


class CartEmptyError(DomainError):
    code = "cart_empty"
    status = 409
    message = _("This cart is empty.")


class CartFullError(DomainError):
    code = "cart_full"
    status = 409
    message = _("A cart holds 100 lines at most.")
