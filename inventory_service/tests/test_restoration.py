"""What a checkout remembers of its reservation comes back, once, after the database forgot it."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from carts import services as carts
from carts.models import Cart
from catalogue.models import Product, Variant
from chassis.testing import ClientFactory
from stock import services as stock
from stock.models import Reservation, StockMovement
from tests.factories import level_of, make_cart, make_category, make_variant, reserve

pytestmark = pytest.mark.django_db

BUYER = uuid.uuid4()
MEMO = {"checkout": str(uuid.uuid4()), "failure": None}


@pytest.fixture
def reconciler(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["reconcile.write"])


@pytest.fixture
def checkout(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["inventory.reserve", "audit.read"])


def line(variant: Variant, quantity: int = 2, price: int = 2490) -> dict[str, Any]:
    return {
        "variant": str(variant.pk),
        "product": str(variant.product_id),
        "seller": str(variant.seller),
        "title": "Stoneware mug – Blue",
        "sku": variant.sku,
        "quantity": quantity,
        "unit_price": {"amount": price, "currency": "EUR"},
    }


def remembered(*lines: dict[str, Any], cart: uuid.UUID | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "committed": True,
        "cart": str(cart or uuid.uuid4()),
        "cart_version": 3,
        "buyer": str(BUYER),
        "currency": "EUR",
        "created_at": "2026-11-22T12:00:00Z",
        "lines": list(lines),
        "metadata": MEMO,
        **changes,
    }


def restore(reconciler: APIClient, body: dict[str, Any], ident: uuid.UUID | None = None) -> Any:
    return reconciler.put(f"/api/v1/reconcile/reservations/{ident or uuid.uuid4()}", body)


def moved(variant: Variant) -> list[tuple[str, int]]:
    movements = StockMovement.objects.filter(level=variant.pk).order_by("created_at", "id")
    return list(movements.values_list("reason", "delta"))


def test_what_was_sold_leaves_the_stock_again_once_and_its_cart_is_closed(reconciler: APIClient) -> None:
    variant, ident = make_variant(stock_of=10), uuid.uuid4()
    body = remembered(line(variant))
    assert restore(reconciler, body, ident).status_code == 201
    again = restore(reconciler, body, ident)
    assert (again.status_code, again.json()["state"]) == (200, "committed")
    assert moved(variant) == [("receipt", 10), ("sale", -2)]
    assert level_of(variant) == (8, 0)
    cart = Cart.objects.get(pk=body["cart"])
    assert (cart.state, cart.account, cart.version, cart.is_current) == ("closed", BUYER, 3, False)
    assert [(each.variant_id, each.quantity) for each in cart.lines.all()] == [(variant.pk, 2)]
    kept = Reservation.objects.get(pk=ident)
    assert (kept.metadata, kept.created_at.isoformat()) == (MEMO, "2026-11-22T12:00:00+00:00")


def test_what_was_held_is_held_again_and_can_be_released(reconciler: APIClient, checkout: APIClient) -> None:
    variant, ident = make_variant(stock_of=10), uuid.uuid4()
    body = remembered(line(variant), committed=False)
    assert restore(reconciler, body, ident).json()["state"] == "live"
    assert level_of(variant) == (10, 2)
    assert Cart.objects.get(pk=body["cart"]).state == "in_checkout"
    checkout.post(f"/api/v1/reservations/{ident}/release")
    assert level_of(variant) == (10, 0)
    assert Cart.objects.get(pk=body["cart"]).state == "open"


def test_a_cart_that_was_edited_before_holds_what_was_checked_out(reconciler: APIClient) -> None:
    variant, other = make_variant(), make_variant()
    cart = make_cart((other, 5), account=BUYER)
    restore(reconciler, remembered(line(variant), cart=cart.pk))
    cart.refresh_from_db()
    assert (cart.state, cart.is_current) == ("closed", False)
    assert [each.variant_id for each in cart.lines.all()] == [variant.pk]
    _cart, is_new = carts.open_cart(account=BUYER)
    assert is_new


def test_a_reservation_that_is_held_is_committed_and_not_taken_twice(reconciler: APIClient) -> None:
    variant = make_variant(stock_of=10)
    held = reserve(make_cart((variant, 2), account=BUYER))
    body = remembered(line(variant), cart=held.cart_id)
    assert restore(reconciler, {**body, "committed": False}, held.pk).json()["state"] == "live"
    assert restore(reconciler, body, held.pk).json()["state"] == "committed"
    assert level_of(variant) == (8, 0)


def test_pieces_that_were_received_since_are_added_as_far_as_they_were_sold(reconciler: APIClient) -> None:
    variant = make_variant(stock_of=3)
    reserve(make_cart((variant, 2)))
    restore(reconciler, remembered(line(variant, quantity=4)))
    assert moved(variant) == [("receipt", 3), ("correction", 3), ("sale", -4)]
    assert level_of(variant) == (2, 2)


def test_a_variant_that_was_put_up_since_comes_back_with_a_draft(reconciler: APIClient) -> None:
    make_category()
    forgotten = Variant(id=uuid.uuid4(), product_id=uuid.uuid4(), seller=uuid.uuid4(), sku="MUG-BLU")
    assert restore(reconciler, remembered(line(forgotten))).status_code == 201
    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.pk, product.seller, product.state) == (forgotten.product_id, forgotten.seller, "draft")
    assert (variant.pk, variant.sku, variant.price_amount) == (forgotten.pk, "MUG-BLU", 2490)
    assert moved(variant) == [("correction", 2), ("sale", -2)]
    assert level_of(variant) == (0, 0)


def test_a_sku_that_another_variant_has_taken_stays_with_that(reconciler: APIClient) -> None:
    there = make_variant()
    forgotten = Variant(id=uuid.uuid4(), product_id=there.product_id, seller=there.seller, sku=there.sku)
    assert restore(reconciler, remembered(line(forgotten))).status_code == 201
    there.refresh_from_db()
    assert Variant.objects.get(pk=forgotten.pk).sku == f"{there.sku}-{forgotten.pk.hex[-10:]}"


def test_without_a_category_there_is_nowhere_to_put_a_forgotten_product(reconciler: APIClient) -> None:
    forgotten = Variant(id=uuid.uuid4(), product_id=uuid.uuid4(), seller=uuid.uuid4(), sku="MUG-BLU")
    answer = restore(reconciler, remembered(line(forgotten)))
    assert (answer.status_code, answer.json()["code"]) == (404, "variant_not_found")
    assert not Reservation.objects.exists()


def test_what_contradicts_is_refused_and_changes_nothing(reconciler: APIClient) -> None:
    variant = make_variant(stock_of=10)
    held = reserve(make_cart((variant, 1), account=BUYER))
    elsewhere = reserve(make_cart((variant, 1)))
    called_off = uuid.uuid4()
    stock.release(reservation_id=called_off)
    before = level_of(variant)
    for ident, body, code in (
        (called_off, remembered(line(variant)), "reservation_released"),
        (held.pk, remembered(line(variant)), "reservation_mismatch"),
        (uuid.uuid4(), remembered(line(variant), cart=held.cart_id), "cart_in_checkout"),
        (uuid.uuid4(), remembered(line(variant), cart=elsewhere.cart_id), "cart_not_found"),
    ):
        assert restore(reconciler, body, ident).json()["code"] == code
    assert level_of(variant) == before


@pytest.mark.parametrize(
    "change",
    [
        {"lines": []},
        {"lines": [line(Variant(id=uuid.UUID(int=1), product_id=uuid.UUID(int=2), seller=uuid.UUID(int=3)))] * 2},
        {"cart_version": 0},
        {"metadata": {"note": "x" * 262_144}},
        {"metadata": {"note": "\x00"}},
    ],
)
def test_what_cannot_have_been_reserved_is_refused(reconciler: APIClient, change: dict[str, Any]) -> None:
    answer = restore(reconciler, remembered(line(make_variant()), **change))
    assert answer.status_code == 400
    assert not Reservation.objects.exists()


def test_the_memo_is_kept_with_the_reservation_and_shown_to_the_auditor_alone(checkout: APIClient) -> None:
    cart, ident = make_cart((make_variant(), 1)), uuid.uuid4()
    asked = {"cart": str(cart.pk), "cart_version": cart.version, "buyer": str(BUYER), "metadata": {"a": 1}}
    assert "metadata" not in checkout.put(f"/api/v1/reservations/{ident}", asked).json()
    (shown,) = checkout.get("/api/v1/audit/reservations").json()["results"]
    assert shown["metadata"] == {"a": 1}
    checkout.post(f"/api/v1/reservations/{ident}/release", {"metadata": {"a": 1, "failure": "declined"}})
    checkout.post(f"/api/v1/reservations/{ident}/release", {"metadata": {"too": "late"}})
    assert Reservation.objects.get(pk=ident).metadata == {"a": 1, "failure": "declined"}


def test_a_tombstone_keeps_the_memo_of_what_called_it_off(checkout: APIClient) -> None:
    ident = uuid.uuid4()
    checkout.post(f"/api/v1/reservations/{ident}/release", {"metadata": {"a": 1}})
    assert Reservation.objects.get(pk=ident).metadata == {"a": 1}
