"""Orders: placed, confirmed and rejected by the checkout, read by their buyers."""

import copy
import json
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from addresses.models import Address
from chassis.jobs.models import Job
from chassis.testing import ClientFactory
from deliveries.services import ship_sale
from orders.api.serializers import OrderSerializer
from orders.models import Order, OrderLine, SellerOrder
from orders.selectors import with_parts
from orders.states import OrderState
from tests.samples import ADDRESS, address_of, confirmed, content, line, placed

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders"


def place(checkout: APIClient, order_id: uuid.UUID, body: dict[str, Any]) -> Any:
    return checkout.put(f"{URL}/{order_id}", body)


def test_an_order_is_split_by_seller_and_adds_up(checkout: APIClient, buyer: uuid.UUID) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    lines = [line(seller=first, quantity=2), line(seller=second, amount=500), line(seller=first, amount=1)]
    order_id = uuid.uuid4()
    answer = place(checkout, order_id, content(buyer, *lines))
    assert answer.status_code == 201
    order = answer.json()
    assert order["id"] == str(order_id)
    assert order["state"] == "pending"
    assert order["buyer"] == str(buyer)
    assert order["shipping_address"] == ADDRESS
    assert order["items_total"] == {"amount": 4499, "currency": "EUR"}
    assert order["shipping_total"] == {"amount": 0, "currency": "EUR"}
    assert order["total"] == {"amount": 4499, "currency": "EUR"}
    assert order["confirmed_at"] is None
    assert [part["seller"] for part in order["seller_orders"]] == [str(first), str(second)]
    mine, other = order["seller_orders"]
    assert (mine["state"], mine["total"]["amount"], mine["deliveries"]) == ("to_prepare", 3999, [])
    assert other["total"]["amount"] == 500
    assert mine["lines"][0] == {
        "variant": lines[0]["variant"],
        "product": lines[0]["product"],
        "title": "Linen shirt",
        "sku": "LIN-WH-M",
        "quantity": 2,
        "unit_price": {"amount": 1999, "currency": "EUR"},
        "line_total": {"amount": 3998, "currency": "EUR"},
    }
    assert Job.objects.count() == 0


def test_the_same_placement_answers_what_is_there(checkout: APIClient, buyer: uuid.UUID) -> None:
    order_id, body = uuid.uuid4(), content(buyer, line(), line())
    first = place(checkout, order_id, body)
    Address.objects.all().delete()
    body["lines"].reverse()
    again = place(checkout, order_id, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (Order.objects.count(), OrderLine.objects.count()) == (1, 2)


@pytest.mark.parametrize("change", ["price", "quantity", "title", "buyer", "email", "address", "fewer", "more"])
def test_other_content_under_a_known_id_is_refused(checkout: APIClient, buyer: uuid.UUID, change: str) -> None:
    order_id, body = uuid.uuid4(), content(buyer, line(), line())
    before = place(checkout, order_id, body).json()
    other = copy.deepcopy(body)
    if change == "price":
        other["lines"][0]["unit_price"]["amount"] += 1
    elif change == "quantity":
        other["lines"][0]["quantity"] += 1
    elif change == "title":
        other["lines"][0]["title"] += "!"
    elif change == "buyer":
        other["buyer"]["id"] = str(uuid.uuid4())
    elif change == "email":
        other["buyer"]["email"] = "another@example.com"
    elif change == "address":
        other["shipping_address"] = str(address_of(buyer).pk)
    elif change == "fewer":
        other["lines"].pop()
    else:
        other["lines"].append(line())
    answer = place(checkout, order_id, other)
    assert (answer.status_code, answer.json()["code"]) == (422, "order_mismatch")
    assert checkout.get(f"{URL}/{order_id}").json() == before


def test_the_address_must_be_the_buyer_s(checkout: APIClient, buyer: uuid.UUID) -> None:
    for address in (uuid.uuid4(), address_of(uuid.uuid4()).pk):
        answer = place(checkout, uuid.uuid4(), content(buyer, address=address))
        assert (answer.status_code, answer.json()["code"]) == (404, "address_not_found")
    assert Order.objects.count() == 0


def test_an_order_keeps_its_address_when_the_book_changes(checkout: APIClient, buyer_client: APIClient) -> None:
    order = placed()
    Address.objects.update(city="Paris")
    assert checkout.get(f"{URL}/{order.pk}").json()["shipping_address"]["city"] == "Lyon"
    Address.objects.all().delete()
    assert checkout.get(f"{URL}/{order.pk}").json()["shipping_address"] == ADDRESS


def test_confirming_is_repeatable_and_mails_once(checkout: APIClient) -> None:
    order = placed()
    answers = [checkout.post(f"{URL}/{order.pk}/confirm") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json()["state"] == "confirmed"
    assert answers[0].json()["confirmed_at"] is not None
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert Job.objects.count() == 1


def test_confirming_what_is_unknown_is_a_404(checkout: APIClient) -> None:
    answer = checkout.post(f"{URL}/{uuid.uuid4()}/confirm")
    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
    assert Order.objects.count() == 0


def test_a_rejected_order_stays_rejected(checkout: APIClient, buyer: uuid.UUID) -> None:
    order_id, body = uuid.uuid4(), content(buyer)
    place(checkout, order_id, body)
    for _ in range(2):
        answer = checkout.post(f"{URL}/{order_id}/reject")
        assert (answer.status_code, answer.json()) == (200, {"id": str(order_id), "state": "rejected"})
    confirm = checkout.post(f"{URL}/{order_id}/confirm")
    assert (confirm.status_code, confirm.json()["code"]) == (409, "order_rejected")
    again = place(checkout, order_id, body)
    assert (again.status_code, again.json()["code"]) == (409, "order_rejected")
    assert Order.objects.get().state == OrderState.REJECTED
    assert Job.objects.count() == 0


def test_an_order_called_off_before_it_arrives_is_refused(checkout: APIClient, buyer: uuid.UUID) -> None:
    order_id = uuid.uuid4()
    for _ in range(2):
        assert checkout.post(f"{URL}/{order_id}/reject").json() == {"id": str(order_id), "state": "rejected"}
    late = place(checkout, order_id, content(buyer))
    assert (late.status_code, late.json()["code"]) == (409, "order_rejected")
    confirm = checkout.post(f"{URL}/{order_id}/confirm")
    assert (confirm.status_code, confirm.json()["code"]) == (409, "order_rejected")
    tombstone = Order.objects.get()
    assert (tombstone.state, tombstone.buyer, tombstone.reference) == (OrderState.REJECTED, None, None)
    assert SellerOrder.objects.count() == 0
    assert checkout.get(f"{URL}/{order_id}").status_code == 404


@pytest.mark.parametrize("state", [OrderState.CONFIRMED, OrderState.CANCELLED])
def test_a_confirmed_order_cannot_be_rejected(checkout: APIClient, state: OrderState) -> None:
    order = confirmed()
    Order.objects.update(state=state)
    answer = checkout.post(f"{URL}/{order.pk}/reject")
    assert (answer.status_code, answer.json()["code"]) == (409, "order_confirmed")
    assert checkout.post(f"{URL}/{order.pk}/confirm").json()["state"] == state
    assert Order.objects.get().state == state


def test_only_the_checkout_writes_orders(client_for: ClientFactory, anonymous: APIClient, buyer: uuid.UUID) -> None:
    order = placed(buyer=buyer)
    body = content(buyer)
    others = [
        client_for(account=buyer, roles=["buyer"]),
        client_for(roles=["seller"]),
        client_for(roles=["admin"]),
        client_for(roles=["service"], scopes=["inventory.reserve"]),
    ]
    for client, status in [(anonymous, 401), *((other, 403) for other in others)]:
        assert client.put(f"{URL}/{uuid.uuid4()}", body).status_code == status
        assert client.post(f"{URL}/{order.pk}/confirm").status_code == status
        assert client.post(f"{URL}/{order.pk}/reject").status_code == status
    assert Order.objects.get().state == OrderState.PENDING


def test_a_buyer_sees_their_own_orders_newest_first(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    old, pending = confirmed(buyer=buyer), placed(buyer=buyer)
    rejected, theirs = placed(buyer=buyer), confirmed()
    Order.objects.filter(pk=rejected.pk).update(state=OrderState.REJECTED)
    listed = buyer_client.get(URL).json()["results"]
    assert [order["id"] for order in listed] == [str(pending.pk), str(old.pk)]
    assert buyer_client.get(f"{URL}/{pending.pk}").json() == listed[0]
    assert buyer_client.get(f"{URL}/{rejected.pk}").json()["state"] == "rejected"
    assert buyer_client.get(f"{URL}/{theirs.pk}").status_code == 404


def test_the_checkout_and_admins_see_any_order_but_list_none(checkout: APIClient, client_for: ClientFactory) -> None:
    pending, rejected = placed(), placed()
    Order.objects.filter(pk=rejected.pk).update(state=OrderState.REJECTED)
    admin = client_for(roles=["admin"])
    for client in (checkout, admin):
        assert client.get(f"{URL}/{pending.pk}").json()["state"] == "pending"
        assert client.get(f"{URL}/{rejected.pk}").json()["state"] == "rejected"
        assert client.get(f"{URL}/{uuid.uuid4()}").status_code == 404
    assert checkout.get(URL).status_code == 403
    assert admin.get(URL).json()["results"] == []


def test_sellers_and_other_services_see_no_orders_of_buyers(
    client_for: ClientFactory, anonymous: APIClient, seller: uuid.UUID
) -> None:
    order = confirmed(sellers=[seller])
    assert client_for(account=seller, roles=["seller"]).get(f"{URL}/{order.pk}").status_code == 404
    assert client_for(roles=["service"], scopes=["payments.charge"]).get(f"{URL}/{order.pk}").status_code == 403
    assert anonymous.get(f"{URL}/{order.pk}").status_code == 401


def test_ten_orders_with_all_their_parts_are_one_query(
    buyer_client: APIClient, buyer: uuid.UUID, django_assert_num_queries: Any
) -> None:
    for _ in range(11):
        confirmed(buyer=buyer, sellers=[uuid.uuid4(), uuid.uuid4()], lines_each=3)
    with django_assert_num_queries(1):
        page = buyer_client.get(f"{URL}?page_size=10").json()
    assert len(page["results"]) == 10
    assert page["next"] is not None
    assert [len(part["lines"]) for part in page["results"][0]["seller_orders"]] == [3, 3]
    with django_assert_num_queries(1):
        buyer_client.get(f"{URL}/{page['results'][0]['id']}")


def test_pages_of_orders_follow_each_other(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    ids = [str(placed(buyer=buyer).pk) for _ in range(5)]
    seen, url = [], f"{URL}?page_size=2"
    while url:
        page = buyer_client.get(url).json()
        seen += [order["id"] for order in page["results"]]
        url = page["next"]
    assert seen == ids[::-1]


def test_orders_say_what_their_serializer_tells_the_spec(
    buyer_client: APIClient, buyer: uuid.UUID, seller: uuid.UUID
) -> None:
    other = uuid.uuid4()
    order = confirmed(buyer=buyer, sellers=[seller, other, uuid.uuid4()], lines_each=2)
    for one, carrier, number in ((seller, "Colissimo", "6A 12345678901"), (other, "Uncle Bob", "on foot")):
        sale = order.seller_orders.get(seller=one)
        ship_sale(seller=one, sale_id=sale.pk, carrier=carrier, tracking_number=number)
    placed(buyer=buyer)
    listed = buyer_client.get(URL).json()["results"]
    usual = OrderSerializer(with_parts(Order.objects.order_by("-created_at")), many=True).data
    assert listed == json.loads(json.dumps(usual))
    assert [len(one["deliveries"]) for one in listed[1]["seller_orders"]] == [1, 1, 0]
    assert buyer_client.get(f"{URL}/{order.pk}").json() == listed[1]


def test_placing_and_confirming_cost_the_same_however_many_lines_there_are(
    checkout: APIClient, buyer: uuid.UUID, django_assert_num_queries: Any
) -> None:
    """Two are the transaction's, and one takes the id where there may be no row yet."""
    for lines in (1, 3):
        order_id = uuid.uuid4()
        body = content(buyer, *(line() for _n in range(lines)))
        with django_assert_num_queries(3 + 6):
            assert place(checkout, order_id, body).status_code == 201
        with django_assert_num_queries(2 + 6):
            assert checkout.post(f"{URL}/{order_id}/confirm").status_code == 200
