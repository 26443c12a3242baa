"""What is read of stock."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from carts.models import Cart, CartLine
from catalogue.states import ProductState
from chassis.hot_reads import Rows, given, hot_read
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


@dataclass(frozen=True, slots=True)
class WantedLine:
    """What a cart holds of a variant, and what the variant is now."""

    variant_id: uuid.UUID
    product_id: uuid.UUID
    seller: uuid.UUID
    quantity: int
    price_amount: int
    currency: str
    sku: str
    variant_title: str
    product_title: str
    product_state: str
    archived_at: datetime | None

    @property
    def title(self) -> str:
        same = self.variant_title == self.product_title
        return self.product_title if same else f"{self.product_title} – {self.variant_title}"

    @property
    def is_offered(self) -> bool:
        return self.archived_at is None and self.product_state == ProductState.PUBLISHED


def wanted_lines(cart: Cart) -> list[WantedLine]:
    """Return what is in a cart, in one query."""
    found = _wanted_lines(cart=given(cart.pk, Cart._meta.pk))
    return [WantedLine(**row | {name: uuid.UUID(row[name]) for name in _IDS}) for row in found]


_IDS = ("variant_id", "product_id", "seller")


@hot_read()
def _wanted_lines(*, cart: Any) -> Rows:
    lines = CartLine.objects.filter(cart=cart).order_by("id")
    return lines.values(
        "variant_id",
        "quantity",
        product_id=F("variant__product"),
        seller=F("variant__seller"),
        price_amount=F("variant__price_amount"),
        currency=F("variant__currency"),
        sku=F("variant__sku"),
        variant_title=F("variant__title"),
        product_title=F("variant__product__title"),
        product_state=F("variant__product__state"),
        archived_at=F("variant__archived_at"),
    )


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
    lines = Prefetch("lines", to_attr="contents")  # where the model looks first
    return Reservation.objects.annotate(cart_state=F("cart__state")).prefetch_related(lines)  # type: ignore[no-redef]
