"""Writes to stock.

Locks are taken in this order, so that nobody waits in a circle: the reservation's id where there may be no row yet, its
row, the buyer's carts, its cart, stock levels by primary key. The first of two calls for one id wins, whichever it is;
the other sees what it did, but for a commit, which finds nothing while a reservation is being made.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from carts import services as carts
from carts.errors import CartEmptyError
from carts.models import Cart
from catalogue.errors import VariantNotFoundError
from chassis.locks import lock_for_transaction
from chassis.statements import insert, row, rows
from chassis.states import move
from stock.errors import (
    InsufficientStockError,
    MovementSignError,
    OutOfStockError,
    ReservationCommittedError,
    ReservationMismatchError,
    ReservationNotFoundError,
    ReservationReleasedError,
    StockReservedError,
)
from stock.models import Reservation, ReservationLine, StockLevel, StockMovement
from stock.selectors import WantedLine, wanted_lines
from stock.states import ADDING_REASONS, TAKING_REASONS, TRANSITIONS, MovementReason, ReservationState


@transaction.atomic
def record_movement(*, variant_id: uuid.UUID, delta: int, reason: str, actor: uuid.UUID) -> StockMovement:
    """Change what is on hand by `delta` pieces.

    Raises `MovementSignError`, `VariantNotFoundError`; `InsufficientStockError` and `StockReservedError` when it would
    take away more than there is, or than is not promised to anybody.
    """
    if delta == 0 or (delta < 0 and reason in ADDING_REASONS) or (delta > 0 and reason in TAKING_REASONS):
        raise MovementSignError(field="delta")
    level = lock_levels([variant_id]).get(variant_id)
    if level is None:
        raise VariantNotFoundError()
    left = level.on_hand + delta
    if left < level.reserved:
        error = InsufficientStockError if left < 0 else StockReservedError
        raise error(data={"on_hand": level.on_hand, "reserved": level.reserved})
    return StockMovement.objects.create(level=level, delta=delta, reason=reason, actor=actor)


@transaction.atomic
def reserve(
    *,
    reservation_id: uuid.UUID,
    cart_id: uuid.UUID,
    cart_version: int,
    buyer: uuid.UUID,
    metadata: Mapping[str, Any] | None = None,
) -> tuple[Reservation, bool]:
    """Hold all that is in a cart, or nothing; return the reservation and whether it is new.

    `metadata` is the caller's own, kept as it came.

    Raises `ReservationReleasedError` for an id that was called off, `ReservationMismatchError` for one that names
    something else, `OutOfStockError`, `CartEmptyError` and what `begin_checkout` raises.
    """
    lock_id(reservation_id)
    known = row(Reservation, pk=reservation_id)
    if known is not None:
        if known.state == ReservationState.RELEASED:
            raise ReservationReleasedError()
        if (known.cart_id, known.cart_version, known.buyer) != (cart_id, cart_version, buyer):
            raise ReservationMismatchError()
        return known, False
    cart = carts.begin_checkout(cart_id=cart_id, version=cart_version, buyer=buyer)
    lines = wanted_lines(cart)
    if not lines:
        raise CartEmptyError()
    _take(lines)
    return _write_reservation(reservation_id, cart, buyer, metadata, lines), True


@transaction.atomic
def release(*, reservation_id: uuid.UUID, metadata: Mapping[str, Any] | None = None) -> Reservation:
    """Give back what is held and open the cart again. An unknown id is noted as called off.

    `metadata`, if there is any, is kept in place of what was given before. Raises `ReservationCommittedError`.
    """
    lock_id(reservation_id)
    now = timezone.now()
    reservation = row(Reservation, lock=True, pk=reservation_id)
    if reservation is None:
        return Reservation.objects.create(
            id=reservation_id,
            state=ReservationState.RELEASED,
            currency=settings.CURRENCY,
            metadata=metadata,
            finished_at=now,
        )
    if reservation.state == ReservationState.COMMITTED:
        raise ReservationCommittedError()
    if reservation.state == ReservationState.LIVE:
        assert reservation.cart_id is not None and reservation.buyer is not None  # noqa: S101, PT018 - only a tombstone has none
        carts.call_off_checkout(cart_id=reservation.cart_id, buyer=reservation.buyer)
        _give_back(reservation.contents)
        kept = reservation.metadata if metadata is None else metadata
        move(reservation, to=ReservationState.RELEASED, table=TRANSITIONS, finished_at=now, metadata=kept)
    return reservation


@transaction.atomic
def commit(*, reservation_id: uuid.UUID) -> Reservation:
    """Let what is held leave the stock, and close the cart; whether it is still offered does not matter.

    Raises `ReservationNotFoundError`, also while it is being made, and `ReservationReleasedError`.
    """
    reservation = row(Reservation, lock=True, pk=reservation_id)
    if reservation is None:
        raise ReservationNotFoundError()
    if reservation.state == ReservationState.RELEASED:
        raise ReservationReleasedError()
    if reservation.state == ReservationState.LIVE:
        assert reservation.cart_id is not None  # noqa: S101 - only a tombstone has none
        carts.end_checkout(cart_id=reservation.cart_id)
        lines = reservation.contents
        # What is given back leaves at once: the rows stay locked, so nobody can take it in between.
        _give_back(lines)
        insert(
            *(
                StockMovement(
                    level_id=line.variant_id, delta=-line.quantity, reason=MovementReason.SALE, reservation=reservation
                )
                for line in lines
            )
        )
        move(reservation, to=ReservationState.COMMITTED, table=TRANSITIONS, finished_at=timezone.now())
    return reservation


def lock_id(reservation_id: uuid.UUID) -> None:
    """Serialise all calls for one id, also while there is no row to lock."""
    lock_for_transaction("reservation", reservation_id)


def lock_levels(variants: Iterable[uuid.UUID]) -> dict[uuid.UUID, StockLevel]:
    levels = rows(StockLevel, lock=True, pk__in=variants, order_by=("pk",))
    return {level.pk: level for level in levels}


def _take(lines: list[WantedLine]) -> None:
    if all(line.is_offered for line in lines) and _change_reserved({line.variant_id: line.quantity for line in lines}):
        return
    levels = lock_levels(line.variant_id for line in lines)
    short = []
    for line in lines:
        available = levels[line.variant_id].available if line.is_offered else 0
        if available < line.quantity:
            short.append(
                {
                    "variant": str(line.variant_id),
                    "title": line.title,
                    "requested": line.quantity,
                    "available": available,
                }
            )
    raise OutOfStockError(data={"lines": short})


def _give_back(lines: list[ReservationLine]) -> None:
    if not _change_reserved({line.variant_id: -line.quantity for line in lines}):
        raise RuntimeError("The stock levels of a reservation are not as it left them.")


def _change_reserved(pieces: Mapping[uuid.UUID, int]) -> bool:
    """Promise so many pieces of each variant, or with a negative number take the promise back.

    Nothing, where there are too few pieces of one of them; returns whether all of it was done. The levels are locked in
    their order and compared as they are then, whatever the statement saw of them when it began.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH level AS MATERIALIZED ("
            " SELECT variant_id, pieces, on_hand >= reserved + pieces AS enough FROM stock_stocklevel"
            " JOIN unnest(%s::uuid[], %s::int[]) AS change (variant, pieces) ON variant_id = variant"
            " ORDER BY variant_id FOR NO KEY UPDATE OF stock_stocklevel"
            ") UPDATE stock_stocklevel SET reserved = reserved + pieces FROM level"
            " WHERE stock_stocklevel.variant_id = level.variant_id AND (SELECT bool_and(enough) FROM level)",
            [list(pieces), list(pieces.values())],
        )
        return int(cursor.rowcount) == len(pieces)


def _write_reservation(
    reservation_id: uuid.UUID, cart: Cart, buyer: uuid.UUID, metadata: Mapping[str, Any] | None, lines: list[WantedLine]
) -> Reservation:
    reservation = Reservation(
        id=reservation_id,
        cart=cart,
        cart_version=cart.version,
        buyer=buyer,
        currency=cart.currency,
        metadata=metadata,
    )
    insert(reservation)
    reservation.contents = [
        ReservationLine(
            reservation=reservation,
            variant_id=line.variant_id,
            product_id=line.product_id,
            seller=line.seller,
            title=line.title,
            sku=line.sku,
            quantity=line.quantity,
            price_amount=line.price_amount,
            currency=line.currency,
        )
        for line in lines
    ]
    insert(*reservation.contents)
    return reservation
