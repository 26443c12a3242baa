"""What the auditor reads of orders."""

import uuid

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from chassis.testing import ClientFactory
from orders.models import OrderLine
from orders.services import reject_order
from tests.samples import confirmed, placed

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit/orders"


@pytest.fixture
def auditor(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["audit.read"])


def test_nobody_else_reads_as_the_auditor(
    client_for: ClientFactory, anonymous: APIClient, checkout: APIClient, seller_client: APIClient
) -> None:
    assert anonymous.get(URL).status_code == 401
    assert checkout.get(URL).status_code == 403
    assert seller_client.get(URL).status_code == 403
    assert client_for(roles=["admin"]).get(URL).status_code == 403


def test_every_order_is_shown_with_its_lines_and_sellers_those_called_off_too(auditor: APIClient) -> None:
    buyer, seller, tombstone = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    order = confirmed(buyer=buyer, sellers=[seller])
    reject_order(order_id=tombstone)
    called_off, bought = auditor.get(URL).json()["results"]
    line = OrderLine.objects.get()
    assert bought.pop("created_at")
    assert bought.pop("confirmed_at")
    assert bought == {
        "id": str(order.pk),
        "state": "confirmed",
        "buyer": str(buyer),
        "items_total": {"amount": 3998, "currency": "EUR"},
        "shipping_total": {"amount": 0, "currency": "EUR"},
        "total": {"amount": 3998, "currency": "EUR"},
        "seller_orders": [
            {
                "id": str(line.seller_order_id),
                "seller": str(seller),
                "state": "to_prepare",
                "lines": [
                    {
                        "variant": str(line.variant),
                        "quantity": 2,
                        "unit_price": {"amount": 1999, "currency": "EUR"},
                    }
                ],
            }
        ],
    }
    assert (called_off["id"], called_off["state"], called_off["buyer"]) == (str(tombstone), "rejected", None)
    assert called_off["seller_orders"] == []


def test_a_page_of_orders_is_three_queries(
    auditor: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [str(placed(sellers=[uuid.uuid4(), uuid.uuid4()], lines_each=2).pk) for _ in range(4)]
    with django_assert_num_queries(3):
        page = auditor.get(f"{URL}?page_size=3").json()
    assert [row["id"] for row in page["results"]] == ids[:0:-1]
    assert [len(part["lines"]) for part in page["results"][0]["seller_orders"]] == [2, 2]
    with django_assert_num_queries(3):
        (last,) = auditor.get(page["next"]).json()["results"]
    assert last["id"] == ids[0]
