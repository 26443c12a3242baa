"""The orders service: addresses, orders, sales and deliveries."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from gateways.bodies import passed_body
from gateways.calls import answer, passed_answer, service_answer
from orders_client.api.addresses import (
    addresses_change,
    addresses_create,
    addresses_get,
    addresses_list,
    addresses_remove,
)
from orders_client.api.orders import orders_confirm, orders_get, orders_list, orders_place, orders_reject
from orders_client.api.sales import sales_list, sales_ship

SERVICE = "orders"

Json = dict[str, Any]
Headers = Mapping[str, str]


def place(*, order_id: UUID, buyer: Json, shipping_address: str, currency: str, lines: list[Json]) -> Json:
    """Write the pending order; repeatable."""
    body = passed_body({"buyer": buyer, "shipping_address": shipping_address, "currency": currency, "lines": lines})
    order: Json = service_answer(SERVICE, partial(orders_place.sync_detailed, id=order_id, body=body))
    return order


def confirm(*, order_id: UUID) -> Json:
    order: Json = service_answer(SERVICE, partial(orders_confirm.sync_detailed, id=order_id))
    return order


def reject(*, order_id: UUID) -> None:
    """Call the order off, also one that never arrived."""
    service_answer(SERVICE, partial(orders_reject.sync_detailed, id=order_id))


def addresses(*, headers: Headers, query: Mapping[str, Any]) -> Json:
    page: Json = answer(SERVICE, partial(addresses_list.sync_detailed, **query), headers=headers)
    return page


def add_address(*, body: Any, headers: Headers) -> Json:
    address: Json = answer(SERVICE, partial(addresses_create.sync_detailed, body=passed_body(body)), headers=headers)
    return address


def address(*, address_id: UUID, headers: Headers) -> Json:
    found: Json = answer(SERVICE, partial(addresses_get.sync_detailed, id=address_id), headers=headers)
    return found


def change_address(*, address_id: UUID, body: Any, headers: Headers) -> Json:
    changed: Json = answer(
        SERVICE, partial(addresses_change.sync_detailed, id=address_id, body=passed_body(body)), headers=headers
    )
    return changed


def forget_address(*, address_id: UUID, headers: Headers) -> None:
    answer(SERVICE, partial(addresses_remove.sync_detailed, id=address_id), headers=headers)


def orders(*, headers: Headers, query: Mapping[str, Any]) -> Json:
    """The caller's own orders."""
    return passed_answer(SERVICE, partial(orders_list.sync_detailed, **query), headers=headers, used=["id"])


def order(*, order_id: UUID, headers: Headers) -> Json:
    return passed_answer(SERVICE, partial(orders_get.sync_detailed, id=order_id), headers=headers, used=["id"])


def sales(*, headers: Headers, query: Mapping[str, Any]) -> Json:
    """The caller's sales, as a seller."""
    return passed_answer(SERVICE, partial(sales_list.sync_detailed, **query), headers=headers)


def ship(*, sale_id: UUID, body: Any, headers: Headers) -> Json:
    delivery: Json = answer(
        SERVICE, partial(sales_ship.sync_detailed, sale=sale_id, body=passed_body(body)), headers=headers
    )
    return delivery
