from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class MovementSignError(DomainError):
    code = "movement_sign"
    status = 400
    message = _("A receipt or a return adds, a loss takes away, and no movement is zero.")


class StockReservedError(DomainError):
    """Data: `on_hand`, `reserved`."""

    code = "stock_reserved"
    status = 409
    message = _("So much is reserved for checkouts that this cannot be taken away now.")


class InsufficientStockError(DomainError):
    """Data: `on_hand`, `reserved`."""

    code = "insufficient_stock"
    status = 409
    message = _("There is less on hand than this takes away.")


class OutOfStockError(DomainError):
    """Data: `lines`, each `{variant, title, requested, available}`; what is no longer offered has 0 available."""

    code = "out_of_stock"
    status = 409
    message = _("Some of what is in the cart is no longer available in this quantity.")


class ReservationNotFoundError(DomainError):
    code = "reservation_not_found"
    status = 404
    message = _("There is no such reservation.")


class ReservationReleasedError(DomainError):
    """Also raised for what was called off before it arrived."""

    code = "reservation_released"
    status = 409
    message = _("This reservation has been released.")


class ReservationCommittedError(DomainError):
    code = "reservation_committed"
    status = 409
    message = _("This reservation has been committed.")


class ReservationMismatchError(DomainError):
    code = "reservation_mismatch"
    status = 422
    message = _("This id names a reservation of something else.")
