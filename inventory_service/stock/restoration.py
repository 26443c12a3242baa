"""Brings back what a checkout remembers of a reservation, after this database was restored to an earlier moment.

What is known is left as it is, or goes on to its end: repeating a call, or making one that was not needed, changes
nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from carts import services as carts
from carts.services import BoughtLine
from catalogue.services import recall_variant
from stock.errors import ReservationMismatchError, ReservationReleasedError
from stock.models import Reservation, ReservationLine, StockLevel, StockMovement
from stock.services import commit, lock_id, lock_levels
from stock.states import MovementReason, ReservationState


@dataclass(frozen=True, kw_only=True)
class RememberedReservation:
    """A reservation as its checkout remembers it; `committed`, or still held."""

    cart: uuid.UUID
    cart_version: int
    buyer: uuid.UUID
    currency: str
    committed: bool
    created_at: datetime
    lines: Sequence[BoughtLine]
    metadata: Mapping[str, Any] | None


@transaction.atomic
def restore_reservation(
    *, reservation_id: uuid.UUID, remembered: RememberedReservation, actor: uuid.UUID
) -> tuple[Reservation, bool]:
    """Hold, or sell, what a checkout had reserved; return the reservation and whether it had been forgotten.

    Its cart and variants are written down again where they are missing. Pieces that are not on hand were received after
    the moment to which the database went back: a correction by `actor` adds as many as were sold, and no more.

    Raises `ReservationReleasedError` for one that is known as called off, `ReservationMismatchError` for one of
    something else, and what `hold_again` and `recall_variant` raise.
    """
    lock_id(reservation_id)
    known = Reservation.objects.filter(pk=reservation_id).first()
    if known is None:
        known = _write_again(reservation_id, remembered, actor)
        written = True
    else:
        written = False
        if known.state == ReservationState.RELEASED:
            raise ReservationReleasedError()
        if (known.cart_id, known.buyer) != (remembered.cart, remembered.buyer):
            raise ReservationMismatchError()
    return (commit(reservation_id=reservation_id) if remembered.committed else known), written


def _write_again(reservation_id: uuid.UUID, remembered: RememberedReservation, actor: uuid.UUID) -> Reservation:
    variants = {
        line.variant: recall_variant(
            variant_id=line.variant,
            product_id=line.product,
            seller=line.seller,
            title=line.title,
            sku=line.sku,
            price_amount=line.price_amount,
        )
        for line in remembered.lines
    }
    cart = carts.hold_again(
        cart_id=remembered.cart, version=remembered.cart_version, buyer=remembered.buyer, lines=remembered.lines
    )
    _take(remembered.lines, actor)
    reservation = Reservation.objects.create(
        id=reservation_id,
        cart=cart,
        cart_version=remembered.cart_version,
        buyer=remembered.buyer,
        currency=remembered.currency,
        metadata=remembered.metadata,
        created_at=remembered.created_at,
    )
    ReservationLine.objects.bulk_create(
        ReservationLine(
            reservation=reservation,
            variant_id=line.variant,
            product_id=variants[line.variant].product_id,
            seller=variants[line.variant].seller,
            title=line.title,
            sku=line.sku,
            quantity=line.quantity,
            price_amount=line.price_amount,
            currency=remembered.currency,
        )
        for line in remembered.lines
    )
    return reservation


def _take(lines: Sequence[BoughtLine], actor: uuid.UUID) -> None:
    levels = lock_levels(line.variant for line in lines)
    for line in lines:
        missing = line.quantity - levels[line.variant].available
        if missing > 0:
            StockMovement.objects.create(
                level=levels[line.variant], delta=missing, reason=MovementReason.CORRECTION, actor=actor
            )
        StockLevel.objects.filter(pk=line.variant).update(reserved=F("reserved") + line.quantity)
