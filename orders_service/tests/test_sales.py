"""Sales: a seller's part of confirmed orders, and shipping them."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from chassis.jobs.models import Job
from chassis.testing import ClientFactory
from deliveries.carriers import tracking_url
from deliveries.models import Delivery, DeliveryEvent
from orders.models import Order, SellerOrder
from orders.states import OrderState, SellerOrderState
from tests.samples import ADDRESS, confirmed, placed, sale_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/sales"
PARCEL = {"carrier": "Colissimo", "tracking_number": "6A 123-456"}


def test_a_seller_sees_only_their_part_of_confirmed_orders(seller_client: APIClient, seller: uuid.UUID) -> None:
    order = confirmed(sellers=[seller, uuid.uuid4()], lines_each=2)
    pending, rejected, theirs = placed(sellers=[seller]), placed(sellers=[seller]), confirmed()
    Order.objects.filter(pk=rejected.pk).update(state=OrderState.REJECTED)
    mine = order.seller_orders.get(seller=seller)
    listed = seller_client.get(URL).json()["results"]
    assert [sale["id"] for sale in listed] == [str(mine.pk)]
    assert seller_client.get(f"{URL}/{mine.pk}").json() == listed[0]
    sale = listed[0]
    assert sale["order_reference"] == order.reference
    assert sale["state"] == "to_prepare"
    assert sale["total"] == {"amount": 7996, "currency": "EUR"}
    assert [line["quantity"] for line in sale["lines"]] == [2, 2]
    assert sale["shipping_address"] == ADDRESS
    assert sale["deliveries"] == []
    assert set(sale) == {
        "id",
        "order_reference",
        "state",
        "lines",
        "total",
        "shipping_address",
        "deliveries",
        "created_at",
    }
    for other in (pending, rejected, theirs):
        part = other.seller_orders.get()
        assert seller_client.get(f"{URL}/{part.pk}").status_code == 404
        assert seller_client.get(f"{URL}/{part.pk}/deliveries").status_code == 404
        answer = seller_client.post(f"{URL}/{part.pk}/deliveries", PARCEL)
        assert (answer.status_code, answer.json()["code"]) == (404, "sale_not_found")
    assert Delivery.objects.count() == 0
    assert set(SellerOrder.objects.values_list("state", flat=True)) == {"to_prepare"}


def test_sales_are_narrowed_by_state(seller_client: APIClient, seller: uuid.UUID) -> None:
    waiting, shipped = sale_of(seller), sale_of(seller)
    seller_client.post(f"{URL}/{shipped.pk}/deliveries", PARCEL)

    def found(state: str) -> list[str]:
        return [sale["id"] for sale in seller_client.get(f"{URL}?state={state}").json()["results"]]

    assert found("to_prepare") == [str(waiting.pk)]
    assert found("shipped") == [str(shipped.pk)]
    assert found("cancelled") == []


def test_shipping_gives_a_delivery_and_queues_one_mail(seller_client: APIClient, seller: uuid.UUID) -> None:
    sale = sale_of(seller)
    Job.objects.all().delete()
    answer = seller_client.post(f"{URL}/{sale.pk}/deliveries", PARCEL)
    assert answer.status_code == 201
    delivery = answer.json()
    assert delivery == {
        "id": delivery["id"],
        **PARCEL,
        "tracking_url": "https://www.laposte.fr/outils/suivre-vos-envois?code=6A123-456",
        "status": "info_received",
        "shipped_at": delivery["shipped_at"],
    }
    shown = seller_client.get(f"{URL}/{sale.pk}").json()
    assert (shown["state"], shown["deliveries"]) == ("shipped", [delivery])
    assert seller_client.get(f"{URL}/{sale.pk}/deliveries").json()["results"] == [delivery]
    assert DeliveryEvent.objects.values_list("delivery", "status").get() == (
        uuid.UUID(delivery["id"]),
        "info_received",
    )
    assert Job.objects.count() == 1


@pytest.mark.parametrize("again", [PARCEL, {"carrier": "DHL", "tracking_number": "1"}])
@pytest.mark.parametrize("state", [SellerOrderState.SHIPPED, SellerOrderState.DELIVERED])
def test_a_shipped_sale_is_not_shipped_again(
    seller_client: APIClient, seller: uuid.UUID, again: dict[str, str], state: SellerOrderState
) -> None:
    sale = sale_of(seller)
    seller_client.post(f"{URL}/{sale.pk}/deliveries", PARCEL, headers={"Idempotency-Key": "k1"})
    SellerOrder.objects.update(state=state)
    jobs = Job.objects.count()
    answer = seller_client.post(f"{URL}/{sale.pk}/deliveries", again, headers={"Idempotency-Key": "k2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_shipped")
    assert (Delivery.objects.count(), DeliveryEvent.objects.count(), Job.objects.count()) == (1, 1, jobs)
    assert SellerOrder.objects.get().state == state


def test_a_cancelled_sale_is_not_shipped(seller_client: APIClient, seller: uuid.UUID) -> None:
    sale = sale_of(seller)
    SellerOrder.objects.update(state=SellerOrderState.CANCELLED)
    answer = seller_client.post(f"{URL}/{sale.pk}/deliveries", PARCEL)
    assert (answer.status_code, answer.json()["code"]) == (409, "sale_cancelled")
    assert Delivery.objects.count() == 0


def test_a_repeated_shipment_with_its_key_gets_the_first_answer(seller_client: APIClient, seller: uuid.UUID) -> None:
    sale = sale_of(seller)
    url, key = f"{URL}/{sale.pk}/deliveries", {"Idempotency-Key": "k1"}
    first, again = seller_client.post(url, PARCEL, headers=key), seller_client.post(url, PARCEL, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    other = seller_client.post(url, {**PARCEL, "carrier": "DHL"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"carrier": ""}, "carrier"),
        ({"carrier": "x" * 51}, "carrier"),
        ({"carrier": "<b>Post</b>"}, "carrier"),
        ({"carrier": "A\r\nB"}, "carrier"),
        ({"carrier": None}, "carrier"),
        ({"carrier": ["DHL"]}, "carrier"),
        ({"tracking_number": ""}, "tracking_number"),
        ({"tracking_number": "x" * 65}, "tracking_number"),
        ({"tracking_number": "6A/../x"}, "tracking_number"),
        ({"tracking_number": "６Ａ"}, "tracking_number"),
        ({"tracking_number": "6A\n"}, None),
        ({"tracking_number": "6A\n7"}, "tracking_number"),
        ({"tracking_number": "6A\x00"}, "tracking_number"),
    ],
)
def test_a_bad_parcel_is_refused(
    seller_client: APIClient, seller: uuid.UUID, change: dict[str, Any], field: str | None
) -> None:
    sale = sale_of(seller)
    answer = seller_client.post(f"{URL}/{sale.pk}/deliveries", {**PARCEL, **change})
    if field is None:
        # Space around a value is trimmed.
        assert answer.json()["tracking_number"] == "6A"
        return
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert Delivery.objects.count() == 0
    assert SellerOrder.objects.get().state == SellerOrderState.TO_PREPARE


def test_only_sellers_have_sales(client_for: ClientFactory, anonymous: APIClient, checkout: APIClient) -> None:
    sale = confirmed().seller_orders.get()
    for client, status in [
        (anonymous, 401),
        (checkout, 403),
        (client_for(roles=["buyer"]), 403),
        (client_for(roles=["admin"]), 403),
    ]:
        assert client.get(URL).status_code == status
        assert client.get(f"{URL}/{sale.pk}").status_code == status
        assert client.get(f"{URL}/{sale.pk}/deliveries").status_code == status
        assert client.post(f"{URL}/{sale.pk}/deliveries", PARCEL).status_code == status
    assert Delivery.objects.count() == 0


def test_a_page_of_sales_is_three_queries(
    seller_client: APIClient, seller: uuid.UUID, django_assert_num_queries: Any
) -> None:
    for _ in range(11):
        sale_of(seller, lines_each=3)
    with django_assert_num_queries(3):
        page = seller_client.get(f"{URL}?page_size=10").json()
    assert [len(sale["lines"]) for sale in page["results"]] == [3] * 10
    with django_assert_num_queries(3):
        seller_client.get(f"{URL}/{page['results'][0]['id']}")


@pytest.mark.parametrize(
    ("carrier", "number", "url"),
    [
        ("mondial relay", "12 34", "https://www.mondialrelay.fr/suivi-de-colis/?numeroExpedition=1234"),
        ("U.P.S.", "1Z9", "https://www.ups.com/track?tracknum=1Z9"),
        ("DHL Express", "7", "https://www.dhl.com/fr-en/home/tracking.html?tracking-id=7"),
        ("My cousin", "7", None),
    ],
)
def test_known_carriers_have_a_tracking_page(carrier: str, number: str, url: str | None) -> None:
    assert tracking_url(carrier, number) == url
