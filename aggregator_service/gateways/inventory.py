"""The inventory service: catalogue, carts and reservations."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from gateways.bodies import passed_body
from gateways.calls import answer, exchange, passed_answer, service_answer
from inventory_client.api.carts import cart_lines_put, cart_lines_remove, carts_open, carts_retrieve
from inventory_client.api.catalogue import categories_list, products_list, products_retrieve
from inventory_client.api.reservations import reservations_commit, reservations_release, reservations_reserve
from inventory_client.models import ProductsListOrdering

SERVICE = "inventory"

Json = dict[str, Any]
Headers = Mapping[str, str]


def categories(*, headers: Headers) -> Json:
    tree: Json = answer(SERVICE, categories_list.sync_detailed, headers=headers)
    return tree


def products(*, headers: Headers, query: Mapping[str, Any]) -> Json:
    if ordering := query.get("ordering"):
        query = {**query, "ordering": ProductsListOrdering(ordering)}
    return passed_answer(SERVICE, partial(products_list.sync_detailed, **query), headers=headers, used=["seller"])


def product(*, id_or_slug: str, headers: Headers) -> Json:
    operation = partial(products_retrieve.sync_detailed, key=id_or_slug)
    return passed_answer(SERVICE, operation, headers=headers, used=["seller"])


def open_cart(*, headers: Headers) -> tuple[Json, bool]:
    """Return a cart, and whether it is new: a buyer who has an open one gets that."""
    status, cart = exchange(SERVICE, carts_open.sync_detailed, headers=headers)
    return cart, status == 201


def get_cart(*, cart_id: UUID, headers: Headers) -> Json:
    return passed_answer(SERVICE, partial(carts_retrieve.sync_detailed, id=cart_id), headers=headers, used=["version"])


def set_line(*, cart_id: UUID, variant: UUID, body: Any, headers: Headers) -> Json:
    operation = partial(cart_lines_put.sync_detailed, cart=cart_id, variant=variant, body=passed_body(body))
    return passed_answer(SERVICE, operation, headers=headers)


def remove_line(*, cart_id: UUID, variant: UUID, headers: Headers) -> None:
    answer(SERVICE, partial(cart_lines_remove.sync_detailed, cart=cart_id, variant=variant), headers=headers)


def reserve(*, reservation_id: UUID, cart: str, cart_version: int, buyer: UUID, metadata: Json) -> Json:
    """Set the cart's lines aside for `buyer`, all or none; repeatable. `metadata` is kept with the reservation."""
    body = passed_body({"cart": cart, "cart_version": cart_version, "buyer": str(buyer), "metadata": metadata})
    reservation: Json = service_answer(
        SERVICE, partial(reservations_reserve.sync_detailed, id=reservation_id, body=body)
    )
    return reservation


def release(*, reservation_id: UUID, metadata: Json) -> None:
    """Call the reservation off, also one that never arrived; its cart is open again. `metadata` is kept with it."""
    body = passed_body({"metadata": metadata})
    service_answer(SERVICE, partial(reservations_release.sync_detailed, id=reservation_id, body=body))


def commit(*, reservation_id: UUID) -> None:
    """Take what was reserved out of stock for good, and close the cart."""
    service_answer(SERVICE, partial(reservations_commit.sync_detailed, id=reservation_id))
