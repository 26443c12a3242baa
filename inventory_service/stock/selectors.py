"""What is read of stock."""

import uuid

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from chassis.statements import row
from stock.errors import ReservationNotFoundError
from stock.models import Reservation, ReservationLine, StockLevel, StockMovement
from stock.states import MovementReason, ReservationState


def reservation_by_id(*, reservation_id: uuid.UUID) -> Reservation:
    """Return a reservation. Raises `ReservationNotFoundError`."""
    reservation = row(Reservation, pk=reservation_id)
    if reservation is None:
        raise ReservationNotFoundError()
    return reservation


def movements_of(*, variant_id: uuid.UUID) -> QuerySet[StockMovement]:
    return StockMovement.objects.filter(level=variant_id)


def audited_levels() -> QuerySet[StockLevel]:
    """Every level, with what it must come to: the sums of its movements, and of what live reservations hold.

    One statement sees one moment, so that figures which belong together agree also while the shop is busy.
    """
    held = (
        ReservationLine.objects.filter(variant=OuterRef("pk"), reservation__state=ReservationState.LIVE)
        .values("variant")
        .annotate(pieces=Sum("quantity"))
        .values("pieces")
    )
    moved = {
        name: Coalesce(Sum("movements__delta", filter=Q(movements__reason=reason)), 0)
        for name, reason in {
            "receipts": MovementReason.RECEIPT,
            "returns": MovementReason.RETURN,
            "corrections": MovementReason.CORRECTION,
            "losses": MovementReason.LOSS,
            "sales": MovementReason.SALE,
        }.items()
    }
    return StockLevel.objects.annotate(held=Coalesce(Subquery(held), 0), **moved)


def audited_reservations() -> QuerySet[Reservation]:
    return Reservation.objects.annotate(cart_state=F("cart__state")).prefetch_related(
        Prefetch("lines", to_attr="contents")
    )
