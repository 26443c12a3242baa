"""What a checkout remembers of its order comes back, once, after the database forgot it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from addresses.models import Address
from chassis.jobs.models import Job
from chassis.testing import ClientFactory
from orders.models import Order
from orders.services import confirm_order, reject_order
from tests.samples import ADDRESS, content, line

pytestmark = pytest.mark.django_db

BUYER, SELLER = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def reconciler(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["reconcile.write", "orders.checkout"])


def remembered(state: str = "confirmed", **changes: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        **content(BUYER, line(seller=SELLER, quantity=2), address=uuid.uuid4(), language="fr"),
        "state": state,
        "address": ADDRESS,
        "seller_orders": [{"id": str(uuid.uuid4()), "seller": str(SELLER)}],
        "created_at": (now - timedelta(minutes=9)).isoformat(),
        "confirmed_at": (now - timedelta(minutes=8)).isoformat() if state == "confirmed" else None,
        **changes,
    }


def restore(reconciler: APIClient, body: dict[str, Any], ident: uuid.UUID | None = None) -> Any:
    return reconciler.put(f"/api/v1/reconcile/orders/{ident or uuid.uuid4()}", body)


def placement(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("buyer", "shipping_address", "currency", "lines")}


def mails() -> int:
    return Job.objects.filter(task="chassis.mail.delivery.deliver_mail").count()


def test_a_confirmed_order_comes_back_as_it_was(reconciler: APIClient) -> None:
    body, ident = remembered(), uuid.uuid4()
    answer = restore(reconciler, body, ident)
    assert answer.status_code == 201
    order = answer.json()
    assert (order["id"], order["state"], order["shipping_address"]) == (str(ident), "confirmed", ADDRESS)
    assert order["total"] == {"amount": 3998, "currency": "EUR"}
    assert [part["id"] for part in order["seller_orders"]] == [body["seller_orders"][0]["id"]]
    kept = Order.objects.get()
    assert kept.created_at.isoformat() == body["created_at"]
    assert kept.confirmed_at is not None
    assert kept.confirmed_at.isoformat() == body["confirmed_at"]
    assert (kept.buyer_email, kept.buyer_language) == ("claire@example.com", "fr")
    assert Address.objects.get(pk=body["shipping_address"]).account_id == BUYER


def test_it_has_the_reference_that_it_had(reconciler: APIClient) -> None:
    body, ident = remembered("pending"), uuid.uuid4()
    reference = restore(reconciler, body, ident).json()["reference"]
    Order.objects.get().seller_orders.get().lines.all().delete()
    Order.objects.get().seller_orders.all().delete()
    Order.objects.all().delete()
    assert restore(reconciler, body, ident).json()["reference"] == reference


def test_repeated_it_changes_nothing_and_mails_nothing(reconciler: APIClient) -> None:
    body, ident = remembered(), uuid.uuid4()
    first = restore(reconciler, body, ident).json()
    again = restore(reconciler, body, ident)
    assert (again.status_code, again.json(), mails()) == (200, first, 1)


def test_its_checkout_meets_the_order_that_it_placed(reconciler: APIClient) -> None:
    body, ident = remembered("pending"), uuid.uuid4()
    restore(reconciler, body, ident)
    assert reconciler.put(f"/api/v1/orders/{ident}", placement(body)).status_code == 200
    assert reconciler.post(f"/api/v1/orders/{ident}/confirm").json()["state"] == "confirmed"


def test_an_order_that_is_pending_again_is_confirmed_when_it_had_been(reconciler: APIClient) -> None:
    body, ident = remembered(), uuid.uuid4()
    restore(reconciler, {**body, "state": "pending"}, ident)
    answer = restore(reconciler, body, ident)
    assert (answer.status_code, answer.json()["state"], mails()) == (200, "confirmed", 1)
    assert answer.json()["confirmed_at"].startswith(body["confirmed_at"][:19])


def test_the_mail_of_a_confirmation_has_the_same_name_before_and_after(reconciler: APIClient) -> None:
    body, ident = remembered(), uuid.uuid4()
    restore(reconciler, {**body, "state": "pending"}, ident)
    confirm_order(order_id=ident)
    (name,) = Job.objects.values_list("pk", flat=True)
    Job.objects.all().delete()
    Order.objects.update(state="pending", confirmed_at=None)
    restore(reconciler, body, ident)
    assert list(Job.objects.values_list("pk", flat=True)) == [name]


def test_what_was_confirmed_long_ago_has_been_mailed(reconciler: APIClient) -> None:
    restore(reconciler, remembered(confirmed_at=(timezone.now() - timedelta(days=1)).isoformat()))
    assert mails() == 0


def test_an_order_that_was_called_off_comes_back_called_off(reconciler: APIClient) -> None:
    body, ident = remembered("rejected"), uuid.uuid4()
    assert restore(reconciler, body, ident).json()["state"] == "rejected"
    restore(reconciler, {**remembered("pending"), **placement(body)}, other := uuid.uuid4())
    assert restore(reconciler, body, other).json()["state"] == "rejected"
    assert mails() == 0


def test_what_contradicts_is_refused_and_changes_nothing(reconciler: APIClient) -> None:
    body = remembered()
    confirmed, rejected, tombstone = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    restore(reconciler, body, confirmed)
    restore(reconciler, {**body, "state": "rejected"}, rejected)
    reject_order(order_id=tombstone)
    before = set(Order.objects.values_list("pk", "state"))
    for ident, sent, status, code in (
        (confirmed, {**body, "state": "rejected"}, 409, "order_confirmed"),
        (confirmed, remembered(), 422, "order_mismatch"),
        (rejected, body, 409, "order_rejected"),
        (tombstone, {**body, "state": "rejected"}, 409, "order_rejected"),
    ):
        answer = restore(reconciler, sent, ident)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(Order.objects.values_list("pk", "state")) == before


def test_the_address_that_its_buyer_has_changed_since_stays(reconciler: APIClient) -> None:
    body = remembered()
    Address.objects.create(id=body["shipping_address"], account_id=BUYER, **{**ADDRESS, "city": "Nice"})
    assert restore(reconciler, body).json()["shipping_address"]["city"] == "Lyon"
    assert Address.objects.get().city == "Nice"


def test_a_checkout_that_forgot_it_is_told_to_whom_an_order_is_written(reconciler: APIClient) -> None:
    ident = uuid.uuid4()
    restore(reconciler, remembered(), ident)
    assert reconciler.get(f"/api/v1/reconcile/orders/{ident}").json() == {
        "id": str(ident),
        "buyer": str(BUYER),
        "email": "claire@example.com",
        "language": "fr",
    }
    reject_order(order_id=(tombstone := uuid.uuid4()))
    for unknown in (uuid.uuid4(), tombstone):
        assert reconciler.get(f"/api/v1/reconcile/orders/{unknown}").json()["code"] == "order_not_found"
