import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models.functions import Now
from django.test import Client
from rest_framework.test import APIClient

from chassis.identity.models import User
from chassis.ids import uuid7
from chassis.testing import ClientFactory
from payments.api.serializers import PaymentSerializer
from payments.models import Payment
from payments.services import cancel_payment
from tests.calls import body, give_back, money_taken, pay

pytestmark = pytest.mark.django_db


CALLERS: dict[str, dict[str, Any]] = {
    "anonymous": {},
    "buyer": {"roles": ["buyer"]},
    "seller": {"roles": ["seller"]},
    "admin": {"roles": ["admin"]},
    "service": {"roles": ["service"], "scopes": ["payments.charge"]},
    "other service": {"roles": ["service"], "scopes": ["orders.checkout"]},
}

READS = {"anonymous": 401, "buyer": 200, "seller": 403, "admin": 200, "service": 200, "other service": 403}
WRITES = {"anonymous": 401, "buyer": 403, "seller": 403, "admin": 403, "service": 201, "other service": 403}
BOOK = {**WRITES, "service": 200}


@pytest.mark.parametrize("caller", CALLERS)
def test_each_kind_of_caller_may_do_what_is_theirs(client_for: ClientFactory, caller: str) -> None:
    account, order = uuid.uuid4(), uuid7()
    payment = pay(buyer=account, order=order)
    refund = give_back(payment, 1)
    claims = CALLERS[caller]
    client = APIClient() if not claims else client_for(account=account, **claims)
    unpaid, unknown = uuid7(), uuid7()

    assert client.get("/api/v1/payments").status_code == READS[caller]
    assert client.get(f"/api/v1/payments/{payment.pk}").status_code == READS[caller]
    assert client.get(f"/api/v1/refunds/{refund.pk}").status_code == READS[caller]
    assert client.get("/api/v1/sandbox/intents").status_code == BOOK[caller]
    assert client.put(f"/api/v1/payments/{unpaid}", body()).status_code == WRITES[caller]
    assert client.post(f"/api/v1/payments/{unknown}/cancel").status_code == BOOK[caller]
    assert (money_taken(unpaid) > 0) == (caller == "service")
    assert Payment.objects.filter(pk=unknown).exists() == (caller == "service")

    other = pay()
    asked = {"payment": str(other.pk), "amount": {"amount": 1, "currency": "EUR"}, "reason": ""}
    assert client.put(f"/api/v1/refunds/{uuid7()}", asked).status_code == WRITES[caller]
    assert money_taken(other.pk) == (999 if caller == "service" else 1000)


def test_a_buyer_sees_their_own_payments_only(client_for: ClientFactory) -> None:
    account = uuid.uuid4()
    mine, other = pay(buyer=account), pay()
    refund = give_back(other, 1)
    buyer = client_for(account=account, roles=["buyer", "seller"])
    assert [row["id"] for row in buyer.get("/api/v1/payments").json()["results"]] == [str(mine.pk)]
    assert buyer.get(f"/api/v1/payments?order={other.order}").json()["results"] == []
    assert buyer.get(f"/api/v1/payments/{other.pk}").status_code == 404
    assert buyer.get(f"/api/v1/refunds/{refund.pk}").status_code == 404


@pytest.mark.parametrize("caller", ["admin", "service"])
def test_admins_and_services_see_all_payments_of_the_orders_they_name(client_for: ClientFactory, caller: str) -> None:
    payments = [pay() for _n in range(3)]
    client = client_for(**CALLERS[caller])
    everything = [row["id"] for row in client.get("/api/v1/payments").json()["results"]]
    assert everything == [str(payment.pk) for payment in reversed(payments)]
    query = "&".join(f"order={payment.order}" for payment in payments[:2])
    named = [row["id"] for row in client.get(f"/api/v1/payments?{query}").json()["results"]]
    assert named == [str(payments[1].pk), str(payments[0].pk)]


def test_payments_are_paged(service: APIClient) -> None:
    payments = [pay() for _n in range(3)]
    first = service.get("/api/v1/payments?page_size=2").json()
    rest = service.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + rest["results"]] == [str(row.pk) for row in reversed(payments)]
    assert rest["next"] is None


def test_reading_costs_one_query(
    service: APIClient, client_for: ClientFactory, django_assert_num_queries: Callable[[int], Any]
) -> None:
    account = uuid.uuid4()
    payments = [pay(buyer=account) for _n in range(5)]
    refund = give_back(payments[0], 1)
    for client in (service, client_for(account=account, roles=["buyer"])):
        for path in ("payments", f"payments?order={payments[0].order}", f"payments/{payments[0].pk}"):
            with django_assert_num_queries(1):
                assert client.get(f"/api/v1/{path}").status_code == 200
        with django_assert_num_queries(1):
            assert client.get(f"/api/v1/refunds/{refund.pk}").status_code == 200
    with django_assert_num_queries(1):
        assert service.get("/api/v1/sandbox/intents").status_code == 200


def test_the_book_is_read_by_payment(service: APIClient) -> None:
    payment, _other = pay(), pay()
    page = service.get(f"/api/v1/sandbox/intents?payment={payment.pk}").json()
    (row,) = page["results"]
    assert row == {
        "reference": payment.provider_reference,
        "payment": str(payment.pk),
        "status": "succeeded",
        "amount": {"amount": 1000, "currency": "EUR"},
        "refunded": {"amount": 0, "currency": "EUR"},
        "payment_method": "pm_card_visa",
        "decline_code": None,
        "created_at": row["created_at"],
        "succeeded_at": row["succeeded_at"],
        "canceled_at": None,
    }
    assert len(service.get("/api/v1/sandbox/intents").json()["results"]) == 2
    assert service.get("/api/v1/sandbox/intents?payment=x").status_code == 400


def test_where_payments_go_elsewhere_there_is_no_book(service: APIClient, settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "elsewhere"
    assert service.get("/api/v1/sandbox/intents").status_code == 404


@pytest.mark.parametrize("role", ["buyer", "admin"])
def test_the_browsable_api_shows_payments_to_people(role: str) -> None:
    user = User.objects.create(id=uuid.uuid4(), username=str(uuid.uuid4()), roles=[role], last_login=Now())
    payment = pay(buyer=user.pk)
    browser = Client()
    browser.force_login(user, backend="chassis.identity.backends.AccountBackend")
    for path in ("payments", f"payments/{payment.pk}", f"payments?order={payment.order}"):
        page = browser.get(f"/api/v1/{path}", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert str(payment.pk) in page.content.decode()


def test_the_browsable_api_renders_for_the_platform_too(service: APIClient) -> None:
    payment = pay()
    page = service.get(f"/api/v1/payments/{payment.pk}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<form" in page.content.decode()


def test_lists_say_what_their_serializer_tells_the_spec(service: APIClient) -> None:
    refunded, declined = pay(), pay(method="pm_card_chargeDeclined")
    give_back(refunded, 5)
    cancel_payment(payment_id=uuid7())
    listed = service.get("/api/v1/payments").json()["results"]
    assert listed == PaymentSerializer(Payment.objects.order_by("-created_at", "-id"), many=True).data
    assert [row["id"] for row in listed[1:]] == [str(declined.pk), str(refunded.pk)]
