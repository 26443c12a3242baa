"""What the auditor reads of stock and reservations."""

import uuid
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from chassis.testing import ClientFactory
from stock import services
from stock.models import Reservation
from tests.factories import make_cart, make_product, make_variant, reserve

pytestmark = pytest.mark.django_db
STOCK, RESERVATIONS = "/api/v1/audit/stock", "/api/v1/audit/reservations"


@pytest.fixture
def auditor(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["audit.read"])


@pytest.mark.parametrize("url", [STOCK, RESERVATIONS])
def test_nobody_else_reads_as_the_auditor(client_for: ClientFactory, anonymous: APIClient, url: str) -> None:
    assert anonymous.get(url).status_code == 401
    assert client_for(roles=["admin"]).get(url).status_code == 403
    assert client_for(roles=["seller"]).get(url).status_code == 403
    assert client_for(roles=["service"], scopes=["inventory.reserve"]).get(url).status_code == 403


def test_stock_is_shown_with_the_sums_of_its_ledger_and_of_what_is_held(auditor: APIClient) -> None:
    seller = uuid.uuid4()
    sold, other = make_variant(product=make_product(seller=seller), stock_of=10), make_variant(stock_of=3)
    for delta, reason in ((5, "receipt"), (-2, "correction"), (1, "correction"), (-3, "loss"), (4, "return")):
        services.record_movement(variant_id=sold.pk, delta=delta, reason=reason, actor=seller)
    services.commit(reservation_id=reserve(make_cart((sold, 2), (other, 1))).pk)
    services.release(reservation_id=reserve(make_cart((sold, 1))).pk)
    for quantity in (3, 1):
        reserve(make_cart((sold, quantity)))
    rows = {row["variant"]: row for row in auditor.get(STOCK).json()["results"]}
    assert rows == {
        str(sold.pk): {
            "variant": str(sold.pk),
            "on_hand": 13,
            "reserved": 4,
            "held": 4,
            "moved": {"receipts": 15, "returns": 4, "corrections": -1, "losses": -3, "sales": -2},
        },
        str(other.pk): {
            "variant": str(other.pk),
            "on_hand": 2,
            "reserved": 0,
            "held": 0,
            "moved": {"receipts": 3, "returns": 0, "corrections": 0, "losses": 0, "sales": -1},
        },
    }
    named: dict[str, Any] = auditor.get(f"{STOCK}?variant={other.pk}").json()
    assert [row["variant"] for row in named["results"]] == [str(other.pk)]


def test_a_page_of_stock_is_one_query_however_much_moved(
    auditor: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    variants = [make_variant() for _ in range(5)]
    for variant in variants:
        reserve(make_cart((variant, 1)))
    with django_assert_num_queries(1):
        first = auditor.get(f"{STOCK}?page_size=3").json()
    with django_assert_num_queries(1):
        second = auditor.get(first["next"]).json()
    shown = [row["variant"] for row in [*first["results"], *second["results"]]]
    assert shown == sorted(str(variant.pk) for variant in variants)
    assert second["next"] is None


def test_reservations_are_shown_with_their_carts_lines_and_totals(auditor: APIClient) -> None:
    variant, buyer = make_variant(price=1000), uuid.uuid4()
    cart, tombstone = make_cart((variant, 2)), uuid.uuid4()
    reservation = reserve(cart, buyer=buyer)
    services.release(reservation_id=tombstone)
    called_off, live = auditor.get(RESERVATIONS).json()["results"]
    assert live.pop("created_at")
    assert live == {
        "id": str(reservation.pk),
        "state": "live",
        "cart": str(cart.pk),
        "cart_state": "in_checkout",
        "metadata": None,
        "buyer": str(buyer),
        "currency": "EUR",
        "lines": [
            {
                "variant": str(variant.pk),
                "product": str(variant.product_id),
                "seller": str(variant.seller),
                "title": "Stoneware mug – Blue",
                "sku": variant.sku,
                "quantity": 2,
                "unit_price": {"amount": 1000, "currency": "EUR"},
                "line_total": {"amount": 2000, "currency": "EUR"},
            }
        ],
        "total": {"amount": 2000, "currency": "EUR"},
        "finished_at": None,
    }
    shown = (called_off["id"], called_off["state"], called_off["cart"], called_off["cart_state"], called_off["lines"])
    assert shown == (str(tombstone), "released", None, None, [])


def test_a_page_of_reservations_is_two_queries(
    auditor: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(4):
        reserve(make_cart((make_variant(), 1), (make_variant(), 2)))
    with django_assert_num_queries(2):
        page = auditor.get(f"{RESERVATIONS}?page_size=3").json()
    assert [len(row["lines"]) for row in page["results"]] == [2, 2, 2]
    with django_assert_num_queries(2):
        (last,) = auditor.get(page["next"]).json()["results"]
    assert last["id"] == str(Reservation.objects.order_by("created_at").values_list("pk", flat=True)[0])
