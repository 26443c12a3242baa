"""What is read of stock."""

import uuid

from django.db.models import QuerySet

from stock.errors import ReservationNotFoundError
from stock.models import Reservation, StockMovement


def reservation_by_id(*, reservation_id: uuid.UUID) -> Reservation:
    """Return a reservation. Raises `ReservationNotFoundError`."""
    reservation = Reservation.objects.filter(pk=reservation_id).first()
    if reservation is None:
        raise ReservationNotFoundError()
    return reservation


def movements_of(*, variant_id: uuid.UUID) -> QuerySet[StockMovement]:
    return StockMovement.objects.filter(level=variant_id)
