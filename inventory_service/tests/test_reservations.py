"""What a checkout holds: all or nothing, repeatable, and called off even before it arrives."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from carts import services as carts
from carts.models import Cart
from catalogue import services as catalogue
from catalogue.models import Variant
from chassis.testing import ClientFactory
from stock.models import Reservation, StockMovement
from tests.factories import level_of, make_cart, make_product, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["inventory.reserve"])


@pytest.fixture
def buyer() -> uuid.UUID:
    return uuid.uuid4()


def url(reservation: uuid.UUID, action: str = "") -> str:
    return f"/api/v1/reservations/{reservation}{action}"


def asked(cart: Cart, buyer: uuid.UUID) -> dict[str, Any]:
    return {"cart": str(cart.pk), "cart_version": cart.version, "buyer": str(buyer)}


def state_of(cart: Cart) -> str:
    return Cart.objects.get(pk=cart.pk).state


def test_a_reservation_holds_and_prices_what_is_in_the_cart(service: APIClient, buyer: uuid.UUID) -> None:
    blue = make_variant(product=make_product(title="Mug"), price=1000, stock_of=5)
    plain = make_variant(product=make_product(title="Bowl"), title="Bowl", price=250, stock_of=4)
    cart, ident = make_cart((blue, 2), (plain, 4)), uuid.uuid4()
    catalogue.update_variant(variant_id=blue.pk, price_amount=1100)
    answer = service.put(url(ident), asked(cart, buyer))
    assert answer.status_code == 201
    expected = {
        "id": str(ident),
        "state": "live",
        "cart": str(cart.pk),
        "buyer": str(buyer),
        "currency": "EUR",
        "lines": [
            {
                "variant": str(blue.pk),
                "product": str(blue.product_id),
                "seller": str(blue.seller),
                "title": "Mug – Blue",
                "sku": blue.sku,
                "quantity": 2,
                "unit_price": {"amount": 1100, "currency": "EUR"},
                "line_total": {"amount": 2200, "currency": "EUR"},
            },
            {
                "variant": str(plain.pk),
                "product": str(plain.product_id),
                "seller": str(plain.seller),
                "title": "Bowl",
                "sku": plain.sku,
                "quantity": 4,
                "unit_price": {"amount": 250, "currency": "EUR"},
                "line_total": {"amount": 1000, "currency": "EUR"},
            },
        ],
        "total": {"amount": 3200, "currency": "EUR"},
    }
    assert answer.json() == expected
    assert service.get(url(ident)).json() == expected
    again = service.put(url(ident), asked(cart, buyer))
    assert (again.status_code, again.json()) == (200, expected)
    assert (level_of(blue), level_of(plain)) == ((5, 2), (4, 4))
    assert state_of(cart) == "in_checkout"


def test_commit_sells_what_is_held_once(service: APIClient, buyer: uuid.UUID) -> None:
    variant = make_variant(stock_of=5)
    cart, ident = make_cart((variant, 5), account=buyer), uuid.uuid4()
    service.put(url(ident), asked(cart, buyer))
    for _time in range(2):
        answer = service.post(url(ident, "/commit"))
        assert (answer.status_code, answer.json()["state"]) == (200, "committed")
    assert level_of(variant) == (0, 0)
    assert state_of(cart) == "closed"
    sale = StockMovement.objects.get(reason="sale")
    assert (sale.delta, sale.reservation_id, sale.level_id, sale.actor) == (-5, ident, variant.pk, None)
    again = service.put(url(ident), asked(cart, buyer))
    assert (again.status_code, again.json()["state"]) == (200, "committed")
    refused = service.post(url(ident, "/release"))
    assert (refused.status_code, refused.json()["code"]) == (409, "reservation_committed")
    assert level_of(variant) == (0, 0)


def test_archiving_does_not_stop_a_commit(service: APIClient, buyer: uuid.UUID) -> None:
    variant = make_variant(stock_of=5)
    cart, ident = make_cart((variant, 2)), uuid.uuid4()
    service.put(url(ident), asked(cart, buyer))
    catalogue.archive_variant(variant_id=variant.pk)
    catalogue.archive_product(product_id=variant.product_id)
    assert service.post(url(ident, "/commit")).status_code == 200
    assert level_of(variant) == (3, 0)


def test_release_gives_back_and_opens_the_cart_again(service: APIClient, buyer: uuid.UUID) -> None:
    variant = make_variant(stock_of=5)
    cart, ident = make_cart((variant, 2), account=buyer), uuid.uuid4()
    service.put(url(ident), asked(cart, buyer))
    for _time in range(2):
        answer = service.post(url(ident, "/release"))
        assert (answer.status_code, answer.json()["state"]) == (200, "released")
        assert answer.json()["total"]["amount"] == 4980
    assert level_of(variant) == (5, 0)
    cart.refresh_from_db()
    assert (cart.state, cart.is_current, cart.version) == ("open", True, 2)
    for refused in (service.put(url(ident), asked(cart, buyer)), service.post(url(ident, "/commit"))):
        assert (refused.status_code, refused.json()["code"]) == (409, "reservation_released")
    assert level_of(variant) == (5, 0)
    assert service.put(url(uuid.uuid4()), asked(cart, buyer)).status_code == 201


def test_what_was_called_off_before_it_arrived_is_refused(service: APIClient, buyer: uuid.UUID) -> None:
    variant = make_variant(stock_of=5)
    cart, ident = make_cart((variant, 2)), uuid.uuid4()
    tombstone: dict[str, Any] = {
        "id": str(ident),
        "state": "released",
        "cart": None,
        "buyer": None,
        "currency": "EUR",
        "lines": [],
        "total": {"amount": 0, "currency": "EUR"},
    }
    for _time in range(2):
        answer = service.post(url(ident, "/release"))
        assert (answer.status_code, answer.json()) == (200, tombstone)
    refused = service.put(url(ident), asked(cart, buyer))
    assert (refused.status_code, refused.json()["code"]) == (409, "reservation_released")
    assert service.post(url(ident, "/commit")).json()["code"] == "reservation_released"
    assert (level_of(variant), state_of(cart)) == ((5, 0), "open")
    assert Cart.objects.get().account is None
    assert service.get(url(ident)).json() == tombstone


def test_an_unknown_reservation_is_a_404(service: APIClient) -> None:
    for answer in (service.get(url(uuid.uuid4())), service.post(url(uuid.uuid4(), "/commit"))):
        assert (answer.status_code, answer.json()["code"]) == (404, "reservation_not_found")
    assert Reservation.objects.count() == 0


@pytest.mark.parametrize("changed", ["cart", "cart_version", "buyer"])
def test_a_known_id_with_other_content_is_refused(service: APIClient, buyer: uuid.UUID, changed: str) -> None:
    variant = make_variant(stock_of=5)
    cart, ident = make_cart((variant, 1)), uuid.uuid4()
    service.put(url(ident), asked(cart, buyer))
    other = asked(cart, buyer) | {changed: 7 if changed == "cart_version" else str(uuid.uuid4())}
    answer = service.put(url(ident), other)
    assert (answer.status_code, answer.json()["code"]) == (422, "reservation_mismatch")
    assert level_of(variant) == (5, 1)


def test_all_or_nothing_is_held(service: APIClient, buyer: uuid.UUID) -> None:
    plenty, scarce = make_variant(stock_of=9), make_variant(product=make_product(title="Bowl"), stock_of=2)
    hidden, archived = make_variant(stock_of=9), make_variant(stock_of=9)
    cart, ident = make_cart((plenty, 1), (scarce, 3), (hidden, 1), (archived, 2)), uuid.uuid4()
    catalogue.unpublish_product(product_id=hidden.product_id)
    catalogue.archive_variant(variant_id=archived.pk)
    answer = service.put(url(ident), asked(cart, buyer))
    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
    assert answer.json()["lines"] == [
        {"variant": str(scarce.pk), "title": "Bowl – Blue", "requested": 3, "available": 2},
        {"variant": str(hidden.pk), "title": "Stoneware mug – Blue", "requested": 1, "available": 0},
        {"variant": str(archived.pk), "title": "Stoneware mug – Blue", "requested": 2, "available": 0},
    ]
    assert [level_of(one) for one in (plenty, scarce, hidden, archived)] == [(9, 0), (2, 0), (9, 0), (9, 0)]
    cart.refresh_from_db()
    assert (cart.state, cart.account) == ("open", None)
    assert Reservation.objects.count() == 0
    # The id is still free for another attempt.
    carts.remove_line(cart_id=cart.pk, account=None, variant_id=hidden.pk)
    carts.remove_line(cart_id=cart.pk, account=None, variant_id=archived.pk)
    cart = carts.put_line(cart_id=cart.pk, account=None, variant_id=scarce.pk, quantity=2)
    assert service.put(url(ident), asked(cart, buyer)).status_code == 201


def test_a_cart_is_refused_for_what_it_is(service: APIClient, buyer: uuid.UUID) -> None:
    variant = make_variant(stock_of=50)
    mine = make_cart((variant, 1), account=buyer)

    def refusal(cart: uuid.UUID, version: int, of: uuid.UUID) -> tuple[int, str]:
        answer = service.put(url(uuid.uuid4()), {"cart": str(cart), "cart_version": version, "buyer": str(of)})
        return answer.status_code, answer.json()["code"]

    assert refusal(uuid.uuid4(), 1, buyer) == (404, "cart_not_found")
    assert refusal(mine.pk, 2, uuid.uuid4()) == (404, "cart_not_found")
    assert refusal(mine.pk, 1, buyer) == (409, "cart_changed")
    assert refusal(make_cart().pk, 1, buyer) == (409, "cart_empty")
    ident = uuid.uuid4()
    service.put(url(ident), asked(mine, buyer))
    assert refusal(mine.pk, 2, buyer) == (409, "cart_in_checkout")
    assert refusal(mine.pk, 2, uuid.uuid4()) == (404, "cart_not_found")
    service.post(url(ident, "/commit"))
    assert refusal(mine.pk, 2, buyer) == (409, "cart_closed")
    assert Reservation.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cart": "x"},
        {"cart": None},
        {"cart_version": 0},
        {"cart_version": "two"},
        {"cart_version": 2**31},
        {"buyer": "me"},
        {"buyer": 7},
    ],
    ids=str,
)
def test_bad_requests_are_refused(service: APIClient, buyer: uuid.UUID, body: dict[str, Any]) -> None:
    variant = make_variant(stock_of=5)
    valid = asked(make_cart((variant, 1)), buyer) if body else {}
    assert service.put(url(uuid.uuid4()), valid | body).status_code == 400
    assert level_of(variant) == (5, 0)
    assert Reservation.objects.count() == 0


def test_reservations_are_for_services_with_the_scope(client_for: ClientFactory, anonymous: APIClient) -> None:
    variant: Variant = make_variant(stock_of=5)
    cart, buyer = make_cart((variant, 1)), uuid.uuid4()
    others = [
        (anonymous, 401),
        (client_for(account=buyer), 403),
        (client_for(roles=["admin"]), 403),
        (client_for(roles=["seller"]), 403),
        (client_for(roles=["service"], scopes=["orders.checkout"]), 403),
    ]
    for client, status in others:
        ident = uuid.uuid4()
        assert client.put(url(ident), asked(cart, buyer)).status_code == status
        assert client.get(url(ident)).status_code == status
        assert client.post(url(ident, "/release")).status_code == status
        assert client.post(url(ident, "/commit")).status_code == status
    assert Reservation.objects.count() == 0


def test_a_reservation_is_shown_in_two_queries(
    service: APIClient, buyer: uuid.UUID, django_assert_num_queries: Any
) -> None:
    ident = uuid.uuid4()
    service.put(url(ident), asked(make_cart(*[(make_variant(), 1) for _n in range(3)]), buyer))
    with django_assert_num_queries(2):
        service.get(url(ident))


def test_reserving_and_committing_cost_the_same_however_many_lines_there_are(
    service: APIClient, buyer: uuid.UUID, django_assert_num_queries: Any
) -> None:
    """Two are the transaction's, and one takes the id where there may be no row yet."""
    for lines in (1, 3):
        ident = uuid.uuid4()
        cart = make_cart(*[(make_variant(), 1) for _n in range(lines)])
        with django_assert_num_queries(3 + 7):
            assert service.put(url(ident), asked(cart, buyer)).status_code == 201
        with django_assert_num_queries(2 + 6):
            assert service.post(url(ident, "/commit")).status_code == 200
