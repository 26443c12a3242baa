"""Carts: whose they are, what they hold and what their lines tell."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from carts.api.serializers import CartSerializer
from carts.models import MAX_LINES, Cart, CartLine
from catalogue import services as catalogue
from catalogue.models import ProductImage, Variant
from chassis.ids import uuid7
from chassis.money import Money
from chassis.testing import ClientFactory
from stock import services as stock
from tests.factories import make_cart, make_product, make_variant, reserve

pytestmark = pytest.mark.django_db
URL = "/api/v1/carts"


def line_url(cart: Any, variant: Variant) -> str:
    return f"{URL}/{cart.pk if isinstance(cart, Cart) else cart}/lines/{variant.pk}"


@pytest.fixture
def buyer() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def client(client_for: ClientFactory, buyer: uuid.UUID) -> APIClient:
    return client_for(account=buyer)


def test_an_anonymous_cart_is_filled_and_emptied(anonymous: APIClient) -> None:
    variant = make_variant(product=make_product(title="Mug"), price=2490, stock_of=10)
    ProductImage.objects.create(product=variant.product, file="products/mug.webp")
    answer = anonymous.post(URL, {})
    assert answer.status_code == 201
    cart = answer.json()
    assert cart == {
        "id": cart["id"],
        "state": "open",
        "version": 1,
        "currency": "EUR",
        "account": None,
        "lines": [],
        "total": {"amount": 0, "currency": "EUR"},
    }
    assert uuid.UUID(cart["id"]).version == 4

    answer = anonymous.put(line_url(cart["id"], variant), {"quantity": 2})
    assert answer.status_code == 200
    assert answer.json() == {
        **cart,
        "version": 2,
        "lines": [
            {
                "variant": str(variant.pk),
                "product": str(variant.product_id),
                "slug": "mug",
                "title": "Mug",
                "variant_title": "Blue",
                "sku": variant.sku,
                "seller": str(variant.seller),
                "image": "http://127.0.0.1:8000/media/products/mug.webp",
                "quantity": 2,
                "unit_price": {"amount": 2490, "currency": "EUR"},
                "price_when_added": {"amount": 2490, "currency": "EUR"},
                "line_total": {"amount": 4980, "currency": "EUR"},
                "available": 10,
                "status": "ok",
            }
        ],
        "total": {"amount": 4980, "currency": "EUR"},
    }
    assert anonymous.get(f"{URL}/{cart['id']}").json() == answer.json()
    for _time in range(2):
        assert anonymous.delete(line_url(cart["id"], variant)).status_code == 204
    assert anonymous.get(f"{URL}/{cart['id']}").json() == {**cart, "version": 3}


def test_each_edit_counts_once(anonymous: APIClient) -> None:
    cart, variant = make_cart(), make_variant(price=1000)
    versions = [anonymous.put(line_url(cart, variant), {"quantity": n}).json()["version"] for n in (1, 2, 2, 3)]
    assert versions == [2, 3, 3, 4]
    catalogue.update_variant(variant_id=variant.pk, price_amount=900)
    accepted = anonymous.put(line_url(cart, variant), {"quantity": 3}).json()
    assert (accepted["version"], accepted["lines"][0]["status"]) == (5, "ok")


def test_a_buyer_has_one_current_cart(client: APIClient, buyer: uuid.UUID) -> None:
    first, again = client.post(URL, {}), client.post(URL)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["account"] == str(buyer)


def test_a_buyers_cart_exists_for_nobody_else(
    client: APIClient, client_for: ClientFactory, anonymous: APIClient, buyer: uuid.UUID
) -> None:
    variant = make_variant()
    cart = make_cart((variant, 1), account=buyer)
    assert client.get(f"{URL}/{cart.pk}").status_code == 200
    for other in (anonymous, client_for(), client_for(roles=["admin"]), client_for(roles=["seller"])):
        for answer in (
            other.get(f"{URL}/{cart.pk}"),
            other.put(line_url(cart, variant), {"quantity": 9}),
            other.delete(line_url(cart, variant)),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "cart_not_found")
    assert CartLine.objects.get().quantity == 1


def test_an_anonymous_cart_stays_so_when_edited_with_a_token(client: APIClient, anonymous: APIClient) -> None:
    cart, variant = make_cart(), make_variant()
    assert client.put(line_url(cart, variant), {"quantity": 1}).json()["account"] is None
    assert anonymous.get(f"{URL}/{cart.pk}").json()["account"] is None


def test_once_checked_out_a_cart_is_its_buyers(client: APIClient, anonymous: APIClient, buyer: uuid.UUID) -> None:
    variant = make_variant()
    cart = make_cart((variant, 1))
    reservation = reserve(cart, buyer=buyer)
    for _turn in range(2):
        assert anonymous.get(f"{URL}/{cart.pk}").status_code == 404
        assert anonymous.put(line_url(cart, variant), {"quantity": 2}).status_code == 404
        assert client.get(f"{URL}/{cart.pk}").json()["account"] == str(buyer)
        stock.release(reservation_id=reservation.pk)
    assert client.post(URL).json()["id"] == str(cart.pk)


def test_services_read_carts_with_the_scope_to_reserve(client_for: ClientFactory, buyer: uuid.UUID) -> None:
    cart, variant = make_cart(account=buyer), make_variant()
    service = client_for(roles=["service"], scopes=["inventory.reserve"])
    assert service.get(f"{URL}/{cart.pk}").json()["id"] == str(cart.pk)
    assert service.post(URL, {}).status_code == 403
    assert service.put(line_url(cart, variant), {"quantity": 1}).status_code == 403
    assert service.delete(line_url(cart, variant)).status_code == 403
    assert client_for(roles=["service"], scopes=["orders.checkout"]).get(f"{URL}/{cart.pk}").status_code == 403


def test_a_cart_in_checkout_or_bought_is_not_edited(client: APIClient, buyer: uuid.UUID) -> None:
    variant, other = make_variant(), make_variant()
    cart = make_cart((variant, 1), account=buyer)
    reservation = reserve(cart)
    for code in ("cart_in_checkout", "cart_closed"):
        for answer in (
            client.put(line_url(cart, variant), {"quantity": 2}),
            client.put(line_url(cart, other), {"quantity": 2}),
            client.delete(line_url(cart, variant)),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, code)
        shown = client.get(f"{URL}/{cart.pk}").json()
        assert (shown["version"], [line["quantity"] for line in shown["lines"]]) == (2, [1])
        stock.commit(reservation_id=reservation.pk)


def test_a_buyer_opens_another_cart_while_one_is_checked_out(client: APIClient, buyer: uuid.UUID) -> None:
    first = make_cart((make_variant(), 1), account=buyer)
    reservation = reserve(first)
    second = client.post(URL)
    assert (second.status_code, second.json()["lines"]) == (201, [])
    # Called off, the first one is current again, since the second is empty.
    stock.release(reservation_id=reservation.pk)
    assert client.post(URL).json()["id"] == str(first.pk)


def test_a_cart_begun_meanwhile_stays_the_current_one(client: APIClient, buyer: uuid.UUID) -> None:
    first = make_cart((make_variant(), 1), account=buyer)
    reservation = reserve(first)
    second = make_cart((make_variant(), 1), account=buyer)
    stock.release(reservation_id=reservation.pk)
    assert client.post(URL).json()["id"] == str(second.pk)
    assert client.get(f"{URL}/{first.pk}").json()["state"] == "open"


def test_lines_tell_what_has_changed(anonymous: APIClient) -> None:
    dearer, scarce, hidden, archived = (make_variant(price=1000, stock_of=5) for _unused in range(4))
    cart = make_cart((dearer, 1), (scarce, 5), (hidden, 1), (archived, 1))
    catalogue.update_variant(variant_id=dearer.pk, price_amount=1200)
    stock.record_movement(variant_id=scarce.pk, delta=-1, reason="loss", actor=uuid.uuid4())
    catalogue.unpublish_product(product_id=hidden.product_id)
    catalogue.archive_variant(variant_id=archived.pk)
    shown = anonymous.get(f"{URL}/{cart.pk}").json()
    assert [(line["status"], line["available"], line["line_total"]["amount"]) for line in shown["lines"]] == [
        ("price_changed", 5, 1200),
        ("insufficient_stock", 4, 5000),
        ("unavailable", 0, 1000),
        ("unavailable", 0, 1000),
    ]
    assert shown["lines"][0]["price_when_added"]["amount"] == 1000
    assert shown["total"] == {"amount": 8200, "currency": "EUR"}


def test_what_a_cart_holds_in_checkout_counts_as_available_to_it(client: APIClient, buyer: uuid.UUID) -> None:
    cart = make_cart((make_variant(stock_of=1), 1), account=buyer)
    reservation = reserve(cart)
    line = client.get(f"{URL}/{cart.pk}").json()["lines"][0]
    assert (line["status"], line["available"]) == ("ok", 1)
    stock.commit(reservation_id=reservation.pk)
    line = client.get(f"{URL}/{cart.pk}").json()["lines"][0]
    assert (line["status"], line["available"]) == ("ok", 0)


def test_what_cannot_be_bought_cannot_be_added(anonymous: APIClient) -> None:
    cart = make_cart()
    draft = make_variant(product=make_product(state="draft"))
    archived = make_variant()
    catalogue.archive_variant(variant_id=archived.pk)
    for variant in (draft, archived, Variant(id=uuid7())):
        answer = anonymous.put(line_url(cart, variant), {"quantity": 1})
        assert (answer.status_code, answer.json()["code"]) == (404, "variant_not_found")
    cart.refresh_from_db()
    assert (cart.version, cart.lines.count()) == (1, 0)


def test_a_cart_has_a_hundred_lines_at_most(anonymous: APIClient) -> None:
    product = make_product()
    variants = [
        Variant(
            id=uuid7(),
            product=product,
            seller=product.seller,
            sku=str(number),
            title="x",
            price_amount=10_000_000,
            currency="EUR",
        )
        for number in range(MAX_LINES + 1)
    ]
    Variant.objects.bulk_create(variants)
    cart = make_cart()
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant=one, quantity=999, price_when_added=1) for one in variants[:MAX_LINES]
    )
    answer = anonymous.put(line_url(cart, variants[-1]), {"quantity": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "cart_full")
    assert anonymous.put(line_url(cart, variants[0]), {"quantity": 998}).status_code == 200
    assert anonymous.get(f"{URL}/{cart.pk}").json()["total"]["amount"] < 10**12


@pytest.mark.parametrize("quantity", [0, -1, 1000, 1.5, "two", None, True, [1], 10**30])
def test_a_bad_quantity_is_refused(anonymous: APIClient, quantity: Any) -> None:
    cart, variant = make_cart(), make_variant()
    answer = anonymous.put(line_url(cart, variant), {"quantity": quantity})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "quantity")
    assert cart.lines.count() == 0


@pytest.mark.parametrize("path", ["/carts/7", "/carts/x/lines/y", f"/carts/{uuid.uuid4()}"])
def test_an_unknown_cart_is_a_404(anonymous: APIClient, path: str) -> None:
    assert anonymous.get(f"/api/v1{path}").status_code == 404
    assert anonymous.put(line_url(uuid.uuid4(), make_variant()), {"quantity": 1}).status_code == 404


def test_opening_with_a_key_opens_one_cart(anonymous: APIClient) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = anonymous.post(URL, {}, headers=headers), anonymous.post(URL, {}, headers=headers)
    assert first.content == again.content
    assert Cart.objects.count() == 1


def test_carts_refuse_a_bad_token(anonymous: APIClient) -> None:
    cart = make_cart()
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer broken.token.here")
    assert anonymous.get(f"{URL}/{cart.pk}").status_code == 401
    assert anonymous.post(URL, {}).status_code == 401


def test_a_cart_says_what_its_serializer_tells_the_spec(anonymous: APIClient) -> None:
    first, second = make_variant(price=1000), make_variant(price=250, stock_of=1)
    cart = make_cart((first, 2), (second, 3))
    shown = anonymous.get(f"/api/v1/carts/{cart.pk}").json()
    amounts = {"unit_price", "price_when_added", "line_total"}
    lines = [{k: Money(**v) if k in amounts else v for k, v in line.items()} for line in shown["lines"]]
    told = CartSerializer({**shown, "lines": lines, "total": Money(**shown["total"])}).data
    assert shown == told
    assert shown["total"] == {"amount": 2750, "currency": "EUR"}
    assert [line["status"] for line in shown["lines"]] == ["ok", "insufficient_stock"]


def test_putting_a_variant_into_a_cart_costs_five_statements(
    anonymous: APIClient, django_assert_num_queries: Any
) -> None:
    cart, variant = make_cart(), make_variant()
    url = f"/api/v1/carts/{cart.pk}/lines/{variant.pk}"
    # Lock the cart, look at the offer, write the line, count the edit, show the cart; around them a savepoint of tests.
    for quantity in (1, 2):
        with django_assert_num_queries(5 + 2):
            assert anonymous.put(url, {"quantity": quantity}).status_code == 200
    with django_assert_num_queries(3 + 2):
        assert anonymous.put(url, {"quantity": 2}).status_code == 200


def test_a_cart_costs_two_queries(anonymous: APIClient, django_assert_num_queries: Any) -> None:
    cart = make_cart(*[(make_variant(), 1) for _number in range(4)])
    with django_assert_num_queries(2):
        anonymous.get(f"{URL}/{cart.pk}")
