"""Writes of deliveries."""

import uuid

from django.db import transaction
from django.utils import timezone

from chassis.states import TransitionRefusedError, move
from deliveries.errors import AlreadyShippedError, SaleCancelledError, SaleNotFoundError
from deliveries.mails import queue_order_shipped
from deliveries.models import Delivery, DeliveryEvent
from deliveries.states import DeliveryStatus
from orders.selectors import sales_of_seller
from orders.states import SELLER_ORDER_TRANSITIONS, SellerOrderState


@transaction.atomic
def ship_sale(*, seller: uuid.UUID, sale_id: uuid.UUID, carrier: str, tracking_number: str) -> Delivery:
    """Mark a sale as shipped in one parcel, and queue the buyer's mail.

    The carrier knows of the parcel from now on (`info_received`). Raises `SaleNotFoundError`, `AlreadyShippedError`
    and `SaleCancelledError`.
    """
    sale = sales_of_seller(seller).filter(pk=sale_id).first()
    if sale is None:
        raise SaleNotFoundError()
    try:
        move(sale, to=SellerOrderState.SHIPPED, table=SELLER_ORDER_TRANSITIONS)
    except TransitionRefusedError as exc:
        cancelled = exc.data["state"] == SellerOrderState.CANCELLED
        raise (SaleCancelledError() if cancelled else AlreadyShippedError()) from exc
    now = timezone.now()
    delivery = Delivery.objects.create(
        seller_order=sale, carrier=carrier, tracking_number=tracking_number, shipped_at=now
    )
    DeliveryEvent.objects.create(delivery=delivery, status=DeliveryStatus.INFO_RECEIVED, occurred_at=now)
    queue_order_shipped(delivery)
    return delivery
