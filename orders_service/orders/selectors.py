"""Reads of orders. Each fetches an order with all its parts in a fixed number of queries."""

import uuid

from django.db.models import QuerySet

from orders.models import Order, SellerOrder
from orders.states import SOLD_STATES, OrderState


def placed_orders() -> QuerySet[Order]:
    """Every order that has content: all but tombstones."""
    return Order.objects.filter(buyer__isnull=False).prefetch_related(
        "seller_orders__lines", "seller_orders__deliveries"
    )


def orders_of_buyer(buyer: uuid.UUID) -> QuerySet[Order]:
    """All that a buyer may see: also what was called off, since they may have seen it while it was pending."""
    return placed_orders().filter(buyer=buyer)


def listed_orders_of_buyer(buyer: uuid.UUID) -> QuerySet[Order]:
    """A buyer's orders without those that were called off, of which there is one for each declined card."""
    return orders_of_buyer(buyer).exclude(state=OrderState.REJECTED)


def placed_order(order_id: uuid.UUID) -> Order:
    """Return an order that is known to exist. Raises `Order.DoesNotExist`."""
    return placed_orders().get(pk=order_id)


def sales_of_seller(seller: uuid.UUID) -> QuerySet[SellerOrder]:
    """A seller's parts of orders that were confirmed."""
    return (
        SellerOrder.objects.filter(seller=seller, order__state__in=SOLD_STATES)
        .select_related("order")
        .prefetch_related("lines", "deliveries")
    )


def audited_orders() -> QuerySet[Order]:
    """Every order, tombstones included, with its lines."""
    return Order.objects.prefetch_related("seller_orders__lines")
