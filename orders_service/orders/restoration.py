"""Brings back what a checkout remembers of an order, after this database was restored to an earlier moment.

What is known goes on to the state that the checkout knows of, and is else left as it is: repeating a call, or making
one that was not needed, changes nothing.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from addresses.models import Address
from addresses.selectors import AddressSnapshot
from chassis.states import move
from orders.errors import OrderConfirmedError, OrderMismatchError, OrderRejectedError
from orders.mails import queue_order_confirmed
from orders.models import Order, SellerOrder
from orders.selectors import with_parts
from orders.services import Placement, locked_order, write_order
from orders.states import ORDER_TRANSITIONS, OrderState

MAILED_AFTER = timedelta(hours=12)
"""By then a mail was delivered or given up: so long a job is tried."""


@dataclass(frozen=True, kw_only=True)
class RememberedOrder:
    """An order as its checkout remembers it; `part_ids` are its seller orders' by seller, as far as they are known."""

    state: OrderState
    placement: Placement
    address: AddressSnapshot
    part_ids: Mapping[uuid.UUID, uuid.UUID]
    created_at: datetime
    confirmed_at: datetime | None


@transaction.atomic
def restore_order(*, order_id: uuid.UUID, remembered: RememberedOrder) -> tuple[Order, bool]:
    """Bring an order to the state in which its checkout knows it; return it and whether it had been forgotten.

    The address that it goes to returns to its buyer's book with it, where that forgot it too. The confirmation is
    mailed again under its old name, by which who has it already drops it, unless that must long have happened.

    Raises `OrderMismatchError` when the id names other content, `OrderRejectedError` and `OrderConfirmedError` where
    the order ended the other way; the former also for one that was called off before it arrived.
    """
    present = locked_order(order_id)
    if present is None:
        _write_again(order_id, remembered)
        order, written = _whole(order_id), True
    else:
        ended_otherwise = present.state == OrderState.REJECTED and remembered.state != OrderState.REJECTED
        if present.buyer is None or ended_otherwise:
            raise OrderRejectedError()
        if present.content_fingerprint != remembered.placement.fingerprint():
            raise OrderMismatchError()
        order, written = _whole(order_id), False
    if order.state == OrderState.PENDING and remembered.state == OrderState.CONFIRMED:
        confirmed_at = remembered.confirmed_at or timezone.now()
        move(order, to=OrderState.CONFIRMED, table=ORDER_TRANSITIONS, confirmed_at=confirmed_at)
        if confirmed_at > timezone.now() - MAILED_AFTER:
            queue_order_confirmed(order)
    elif order.state == OrderState.PENDING and remembered.state == OrderState.REJECTED:
        move(order, to=OrderState.REJECTED, table=ORDER_TRANSITIONS)
    elif order.confirmed_at is not None and remembered.state == OrderState.REJECTED:
        raise OrderConfirmedError()
    return order, written


def _write_again(order_id: uuid.UUID, remembered: RememberedOrder) -> None:
    placement = remembered.placement
    address = Address(id=placement.shipping_address, account_id=placement.buyer, **remembered.address)
    Address.objects.bulk_create([address], ignore_conflicts=True)
    taken = set(SellerOrder.objects.filter(pk__in=remembered.part_ids.values()).values_list("pk", flat=True))
    free = {ident: seller for seller, ident in remembered.part_ids.items() if ident not in taken}
    write_order(order_id, placement, remembered.address, part_ids={seller: ident for ident, seller in free.items()})
    Order.objects.filter(pk=order_id).update(created_at=remembered.created_at)
    SellerOrder.objects.filter(order=order_id).update(created_at=remembered.created_at)


def _whole(order_id: uuid.UUID) -> Order:
    return with_parts(Order.objects.filter(pk=order_id)).get()
