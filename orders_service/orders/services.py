"""Writes of orders, called by the checkout. Each may be repeated, and may arrive late or in any order."""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from addresses.selectors import AddressSnapshot, address_snapshot
from chassis.ids import uuid7
from chassis.locks import lock_for_transaction
from chassis.money import Money, total
from chassis.statements import insert, row
from chassis.states import move
from orders.errors import OrderConfirmedError, OrderMismatchError, OrderNotFoundError, OrderRejectedError
from orders.mails import queue_order_confirmed
from orders.models import Order, OrderLine, SellerOrder
from orders.references import candidates
from orders.states import ORDER_TRANSITIONS, OrderState


@dataclass(frozen=True, kw_only=True)
class PlacedLine:
    """A line as the checkout sends it: reserved, with the authoritative price and title."""

    variant: uuid.UUID
    product: uuid.UUID
    seller: uuid.UUID
    title: str
    sku: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, kw_only=True)
class Placement:
    """An order as the checkout sends it. Lines are of one currency and of different variants."""

    buyer: uuid.UUID
    buyer_email: str
    buyer_language: str
    shipping_address: uuid.UUID
    currency: str
    lines: tuple[PlacedLine, ...]

    def fingerprint(self) -> str:
        """Digest of the content; the order of lines does not count."""
        content = asdict(self)
        content["lines"] = sorted(content["lines"], key=lambda line: str(line["variant"]))
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


@transaction.atomic
def place_order(*, order_id: uuid.UUID, placement: Placement) -> tuple[Order, bool]:
    """Write a pending order, split by seller, unless it is there already; return it and whether it is new.

    Raises `OrderRejectedError` when it was called off, `OrderMismatchError` when the id names other content,
    `AddressNotFoundError` when the address is not the buyer's.
    """
    present = locked_order(order_id)
    if present is not None:
        if present.state == OrderState.REJECTED:
            raise OrderRejectedError()
        if present.content_fingerprint != placement.fingerprint():
            raise OrderMismatchError()
        return present, False
    address = address_snapshot(account_id=placement.buyer, address_id=placement.shipping_address)
    return write_order(order_id, placement, address), True


@transaction.atomic
def confirm_order(*, order_id: uuid.UUID) -> Order:
    """Make a pending order a firm one and queue the buyer's mail; repeated, it changes nothing.

    Raises `OrderNotFoundError`, also while it is being placed, and `OrderRejectedError` when it was called off.
    """
    order = row(Order, lock=True, pk=order_id)
    if order is None:
        raise OrderNotFoundError()
    if order.state == OrderState.REJECTED:
        raise OrderRejectedError()
    if order.state == OrderState.PENDING:
        move(order, to=OrderState.CONFIRMED, table=ORDER_TRANSITIONS, confirmed_at=timezone.now())
        queue_order_confirmed(order)
    return order


@transaction.atomic
def reject_order(*, order_id: uuid.UUID) -> Order:
    """Call an order off; one that never arrived gets a tombstone, so that it stays called off when it does.

    Raises `OrderConfirmedError`: what is paid for is cancelled, not rejected.
    """
    order = locked_order(order_id)
    if order is None:
        order = Order(
            id=order_id, state=OrderState.REJECTED, currency=settings.CURRENCY, items_amount=0, total_amount=0
        )
        insert(order)
        return order
    if order.confirmed_at is not None:
        raise OrderConfirmedError()
    if order.state == OrderState.PENDING:
        move(order, to=OrderState.REJECTED, table=ORDER_TRANSITIONS)
    return order


@transaction.atomic
def redirect_mails(*, order_id: uuid.UUID, email: str, language: str) -> None:
    """Change where an order's mails go from now on, and in which language. Nothing else of the row is written."""
    Order.objects.filter(pk=order_id, buyer__isnull=False).update(buyer_email=email, buyer_language=language)


def locked_order(order_id: uuid.UUID) -> Order | None:
    """Take the id, which a row lock could not while there is no row, and then the row if there is one.

    Placing and rejecting one order thus happen one after the other; confirming it needs the row alone.
    """
    lock_for_transaction("order", order_id)
    return row(Order, lock=True, pk=order_id)


def write_order(
    order_id: uuid.UUID,
    placement: Placement,
    address: AddressSnapshot,
    *,
    part_ids: Mapping[uuid.UUID, uuid.UUID] | None = None,
) -> Order:
    """Insert the order with its parts, whose ids are drawn where `part_ids` has none for their seller."""
    by_seller: dict[uuid.UUID, list[PlacedLine]] = defaultdict(list)
    for line in placement.lines:
        by_seller[line.seller].append(line)
    items = _sum(placement.lines, placement.currency)
    order = Order(
        id=order_id,
        buyer=placement.buyer,
        buyer_email=placement.buyer_email,
        buyer_language=placement.buyer_language,
        shipping_address=address,
        currency=placement.currency,
        items_amount=items,
        total_amount=items,
        content_fingerprint=placement.fingerprint(),
    )
    _insert_under_a_free_reference(order)
    parts = [
        SellerOrder(
            id=(part_ids or {}).get(seller) or uuid7(),
            order=order,
            seller=seller,
            total_amount=_sum(lines, placement.currency),
        )
        for seller, lines in by_seller.items()
    ]
    insert(*parts)
    insert(
        *(
            OrderLine(
                id=uuid7(),
                seller_order=part,
                variant=line.variant,
                product=line.product,
                title=line.title,
                sku=line.sku,
                quantity=line.quantity,
                unit_amount=line.unit_price.amount,
                line_amount=line.quantity * line.unit_price.amount,
            )
            for part in parts
            for line in by_seller[part.seller]
        )
    )
    return order


def _insert_under_a_free_reference(order: Order) -> None:
    """Give the order the first of its references that no other order has. Its id is free: it is locked."""
    for reference in candidates(order.pk):
        order.reference = reference
        if insert(order, unless_known=True):
            return
    raise RuntimeError(f"No reference is left for the order {order.pk}.")


def _sum(lines: Sequence[PlacedLine], currency: str) -> int:
    return total([line.unit_price * line.quantity for line in lines], currency).amount
