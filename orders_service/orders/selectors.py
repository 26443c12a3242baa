"""Reads of orders. Each fetches an order with all its parts in a fixed number of queries."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from orjson import Fragment

from chassis.hot_reads import Rows, given, hot_read, json_array
from chassis.keyset import page_of
from chassis.statements import field_of, rows
from deliveries.carriers import tracking_url
from deliveries.models import Delivery
from orders.models import Order, OrderLine, SellerOrder
from orders.states import SOLD_STATES, OrderState

ORDER_COLUMNS = (
    *("id", "reference", "state", "buyer", "shipping_address", "currency"),
    *("items_amount", "shipping_amount", "total_amount", "created_at", "confirmed_at"),
)
LINE_COLUMNS = ("variant", "product", "title", "sku", "quantity", "unit_amount", "line_amount")
DELIVERY_COLUMNS = ("id", "carrier", "tracking_number", "status", "shipped_at")


def placed_orders() -> QuerySet[Order]:
    """Every order that has content: all but tombstones."""
    return Order.objects.filter(buyer__isnull=False)


def with_parts(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Fetch all that belongs to the orders along with them."""
    return orders.prefetch_related("seller_orders__lines", "seller_orders__deliveries")


def lines_by_part(order: Order) -> list[list[OrderLine]]:
    """Return the order's lines, those of each seller together."""
    parts = {part.pk: part for part in rows(SellerOrder, order=order.pk, order_by=("id",))}
    lines: dict[uuid.UUID, list[OrderLine]] = {part: [] for part in parts}
    for line in rows(OrderLine, seller_order__in=parts, order_by=("id",)):
        line.seller_order = parts[line.seller_order_id]
        line.seller_order.order = order
        lines[line.seller_order_id].append(line)
    return list(lines.values())


@hot_read()
def orders_of_buyer(*, buyer: Any, ordering: Sequence[str], position: Sequence[Any] | None) -> Rows:
    """A buyer's orders without those that were called off, of which there is one for each declined card."""
    orders = placed_orders().filter(buyer=buyer).exclude(state=OrderState.REJECTED)
    return page_of(_shown_rows(orders), ordering=ordering, position=position)


@hot_read()
def _order(*, order_id: Any, buyer: Any) -> Rows:
    orders = placed_orders().filter(pk=order_id)
    return _shown_rows(orders if buyer is None else orders.filter(buyer=buyer))


def _shown_rows(orders: QuerySet[Order]) -> Rows:
    """Put the parts of orders together in the database: one query, however many there are."""
    lines = OrderLine.objects.filter(seller_order=OuterRef("pk")).order_by("id")
    deliveries = Delivery.objects.filter(seller_order=OuterRef("pk")).order_by("id")
    line = JSONObject(**{name: name for name in LINE_COLUMNS})
    delivery = JSONObject(**{name: name for name in DELIVERY_COLUMNS})
    part = JSONObject(
        id="id",
        seller="seller",
        state="state",
        total="total_amount",
        lines=json_array(lines.values_list(line)),
        deliveries=json_array(deliveries.values_list(delivery)),
    )
    parts = SellerOrder.objects.filter(order=OuterRef("pk")).order_by("id")
    rows: Rows = orders.values(*ORDER_COLUMNS, parts=json_array(parts.values_list(part)))
    return rows


def order_shown(*, order_id: uuid.UUID, buyer: uuid.UUID | None = None) -> dict[str, Any] | None:
    """Return an order as `OrderSerializer` tells it, that of `buyer` if one is named; also one that was called off."""
    owner = None if buyer is None else given(buyer, field_of(Order, "buyer"))
    rows = _order(order_id=given(order_id, field_of(Order, "id")), buyer=owner)
    return orders_shown(rows)[0] if rows else None


def orders_shown(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn rows into what `OrderSerializer` tells of them."""
    return [
        {
            "id": row["id"],
            "reference": row["reference"],
            "state": row["state"],
            "buyer": row["buyer"],
            "shipping_address": Fragment(row["shipping_address"]),
            "items_total": {"amount": row["items_amount"], "currency": row["currency"]},
            "shipping_total": {"amount": row["shipping_amount"], "currency": row["currency"]},
            "total": {"amount": row["total_amount"], "currency": row["currency"]},
            "seller_orders": [_part_shown(part, row["currency"]) for part in orjson.loads(row["parts"])],
            "created_at": row["created_at"],
            "confirmed_at": row["confirmed_at"],
        }
        for row in rows
    ]


def _part_shown(part: dict[str, Any], currency: str) -> dict[str, Any]:
    return {
        "id": part["id"],
        "seller": part["seller"],
        "state": part["state"],
        "total": {"amount": part["total"], "currency": currency},
        "lines": [
            {
                "variant": line["variant"],
                "product": line["product"],
                "title": line["title"],
                "sku": line["sku"],
                "quantity": line["quantity"],
                "unit_price": {"amount": line["unit_amount"], "currency": currency},
                "line_total": {"amount": line["line_amount"], "currency": currency},
            }
            for line in part["lines"]
        ],
        "deliveries": [
            {
                "id": delivery["id"],
                "carrier": delivery["carrier"],
                "tracking_number": delivery["tracking_number"],
                "tracking_url": tracking_url(delivery["carrier"], delivery["tracking_number"]),
                "status": delivery["status"],
                "shipped_at": datetime.fromisoformat(delivery["shipped_at"]),
            }
            for delivery in part["deliveries"]
        ],
    }


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
