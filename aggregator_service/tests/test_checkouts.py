"""The checkout's API: who may, what is asked of whom, and that the same key gives the same answer."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import Settings
from rest_framework.test import APIClient

from chassis.testing import ClientFactory
from checkouts import services as checkout_services
from checkouts.saga import ORDER, PAYMENT, RESERVATION, checkout_id, part_id
from sagas import engine
from sagas.models import Saga
from tests.conftest import Services, problem
from tests.test_gateways import EUR, order, payment

pytestmark = pytest.mark.django_db

URL = "/api/v1/checkouts"
KEY = {"Idempotency-Key": "key-1"}
BUYER = uuid.uuid4()
CART = uuid.uuid4()
ASKED = {
    "cart": str(CART),
    "shipping_address": str(uuid.uuid4()),
    "payment_method": "pm_card_visa",
    "expected_total": EUR,
}
SAGA = checkout_id(account_id=BUYER, key="key-1")
RESERVE = f"/api/v1/reservations/{part_id(SAGA, RESERVATION)}"
PLACE = f"/api/v1/orders/{part_id(SAGA, ORDER)}"
PAY = f"/api/v1/payments/{part_id(SAGA, PAYMENT)}"


@pytest.fixture
def buyer(client_for: ClientFactory) -> APIClient:
    return client_for(account=BUYER, email="buyer@example.com", language="fr")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request lets go of a checkout at the first failed call."""
    monkeypatch.setattr(engine, "jitter", lambda seconds: 60.0)
    monkeypatch.setattr(checkout_services, "POLL_SECONDS", 0.01)


@pytest.fixture
def shop(services: Services) -> Services:
    """Services that let everything succeed."""
    line = {
        "variant": str(uuid.uuid4()),
        "product": str(uuid.uuid4()),
        "seller": str(uuid.uuid4()),
        "title": "Mug",
        "sku": "MUG",
        "quantity": 1,
        "unit_price": EUR,
        "line_total": EUR,
    }
    cart = {
        "id": str(CART),
        "state": "open",
        "version": 3,
        "currency": "EUR",
        "account": str(BUYER),
        "lines": [],
        "total": EUR,
    }
    reservation = {
        "id": str(part_id(SAGA, RESERVATION)),
        "state": "live",
        "cart": str(CART),
        "buyer": str(BUYER),
        "currency": "EUR",
        "lines": [line],
        "total": EUR,
    }
    services.inventory.tell(f"GET /api/v1/carts/{CART}", 200, cart)
    services.inventory.tell(f"PUT {RESERVE}", 201, reservation)
    services.inventory.tell(f"POST {RESERVE}/commit", 200, {**reservation, "state": "committed"})
    services.inventory.tell(f"POST {RESERVE}/release", 200, {**reservation, "state": "released"})
    services.orders.tell(f"PUT {PLACE}", 201, order(state="pending"))
    services.orders.tell(f"POST {PLACE}/confirm", 200, order())
    services.orders.tell(f"POST {PLACE}/reject", 200, order(state="rejected"))
    services.payment.tell(f"PUT {PAY}", 201, payment(str(uuid.uuid4()), "captured"))
    services.payment.tell(f"POST {PAY}/cancel", 200, payment(str(uuid.uuid4()), "cancelled"))
    return services


def test_a_checkout_goes_through_its_five_steps(buyer: APIClient, shop: Services) -> None:
    answer = buyer.post(URL, ASKED, headers=KEY)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["id"], body["state"], body["order"]["state"]) == (str(SAGA), "completed", "confirmed")
    assert body["order"]["payment"]["state"] == "captured"
    assert answer["Location"] == f"{URL}/{SAGA}"
    assert shop.inventory.asked() == [f"GET /api/v1/carts/{CART}", f"PUT {RESERVE}", f"POST {RESERVE}/commit"]
    assert shop.orders.asked() == [f"PUT {PLACE}", f"POST {PLACE}/confirm"]
    assert shop.payment.asked() == [f"PUT {PAY}"]
    reserved = shop.inventory.received[1].body
    memo = {**ASKED, "cart_version": 3, "checkout": str(SAGA), "buyer": str(BUYER), "language": "en"}
    assert reserved == {"cart": str(CART), "cart_version": 3, "buyer": str(BUYER), "metadata": memo}
    assert shop.orders.received[0].body["buyer"]["email"] == "buyer@example.com"
    assert shop.payment.received[0].body["amount"] == EUR


def test_a_buyer_who_says_which_cart_they_saw_spares_the_look_at_it(buyer: APIClient, shop: Services) -> None:
    assert buyer.post(URL, {**ASKED, "cart_version": 2}, headers=KEY).status_code == 201
    assert shop.inventory.asked() == [f"PUT {RESERVE}", f"POST {RESERVE}/commit"]
    reserved = shop.inventory.received[0].body
    assert (reserved["cart_version"], reserved["metadata"]["cart_version"]) == (2, 2)


def test_a_cart_that_is_another_by_now_is_not_bought(buyer: APIClient, shop: Services) -> None:
    shop.inventory.tell(f"PUT {RESERVE}", 409, problem("cart_changed", 409, cart_version=3))
    answer = buyer.post(URL, {**ASKED, "cart_version": 2}, headers=KEY)
    assert (answer.status_code, answer.json()["code"], answer.json()["cart_version"]) == (409, "cart_changed", 3)
    assert (shop.orders.received, shop.payment.received) == ([], [])


def test_past_its_row_no_token_of_the_buyer_is_used(buyer: APIClient, shop: Services) -> None:
    buyer.post(URL, ASKED, headers=KEY)
    own = shop.inventory.received[0].headers["Authorization"]
    later = [*shop.inventory.received[1:], *shop.orders.received, *shop.payment.received]
    assert own not in [request.headers["Authorization"] for request in later]
    assert len({request.headers["Authorization"] for request in later}) == 1


def test_a_checkout_costs_a_known_number_of_statements(
    buyer: APIClient, shop: Services, django_assert_num_queries: Any
) -> None:
    buyer.post(URL, ASKED, headers={"Idempotency-Key": "another"})  # has the service token at hand
    with django_assert_num_queries(7):  # a look, one insert, one write a step
        assert buyer.post(URL, ASKED, headers=KEY).status_code == 201


def test_the_same_key_gives_the_same_body_and_calls_nobody(buyer: APIClient, shop: Services) -> None:
    first = buyer.post(URL, ASKED, headers=KEY)
    count = len(shop.inventory.received)
    second = buyer.post(URL, dict(reversed(ASKED.items())), headers=KEY)
    assert (second.status_code, second.content) == (201, first.content)
    assert len(shop.inventory.received) == count


def test_the_same_key_with_another_body_is_refused(buyer: APIClient, shop: Services) -> None:
    buyer.post(URL, ASKED, headers=KEY)
    answer = buyer.post(URL, {**ASKED, "payment_method": "pm_card_other"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_another_buyers_same_key_is_another_checkout(client_for: ClientFactory, shop: Services) -> None:
    assert checkout_id(account_id=uuid.uuid4(), key="key-1") != SAGA


def test_a_lost_row_meets_the_same_parts_again(buyer: APIClient, shop: Services) -> None:
    buyer.post(URL, ASKED, headers=KEY)
    Saga.objects.all().delete()
    assert buyer.post(URL, ASKED, headers=KEY).json()["id"] == str(SAGA)
    assert shop.payment.asked() == [f"PUT {PAY}", f"PUT {PAY}"]


@pytest.mark.parametrize(
    ("service", "call", "status", "code", "calls_off"),
    [
        ("inventory", f"PUT {RESERVE}", 409, "out_of_stock", ["release"]),
        ("orders", f"PUT {PLACE}", 404, "address_not_found", ["release", "reject"]),
        ("payment", f"PUT {PAY}", 400, "invalid", ["release", "reject", "cancel"]),
    ],
)
def test_a_refusal_is_answered_once_all_is_called_off(
    buyer: APIClient, shop: Services, service: str, call: str, status: int, code: str, calls_off: list[str]
) -> None:
    getattr(shop, service).tell(call, status, problem(code, status, lines=[1]))
    answer = buyer.post(URL, ASKED, headers=KEY)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["lines"], body["checkout"]) == (code, [1], str(SAGA))
    called = [*shop.inventory.asked(), *shop.orders.asked(), *shop.payment.asked()]
    assert sorted(path.rpartition("/")[2] for path in called if path.startswith("POST")) == sorted(calls_off)
    assert buyer.post(URL, ASKED, headers=KEY).content == answer.content


@pytest.mark.parametrize(
    ("state", "decline_code", "code"),
    [
        ("declined", "insufficient_funds", "payment_declined"),
        ("cancelled", "authentication_required", "authentication_required"),
    ],
)
def test_a_declined_payment_is_a_402(
    buyer: APIClient, shop: Services, state: str, decline_code: str, code: str
) -> None:
    refused = {**payment(str(uuid.uuid4()), state), "decline_code": decline_code}
    shop.payment.tell(f"PUT {PAY}", 201, refused)
    shop.payment.tell(f"POST {PAY}/cancel", 200, refused)
    answer = buyer.post(URL, ASKED, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (402, code)
    assert f"POST {PLACE}/reject" in shop.orders.asked()


def test_another_total_than_expected_is_refused_before_paying(buyer: APIClient, shop: Services) -> None:
    answer = buyer.post(URL, {**ASKED, "expected_total": {"amount": 1, "currency": "EUR"}}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "total_changed")
    assert answer.json()["total"] == EUR
    assert shop.payment.received == []
    assert f"POST {PLACE}/reject" in shop.orders.asked()


def test_with_a_service_down_the_checkout_is_accepted_and_finished_by_the_worker(
    buyer: APIClient, shop: Services, settings: Settings, nobody_listens: str, run_jobs: Callable[[], int]
) -> None:
    settings.PAYMENT_URL = nobody_listens
    answer = buyer.post(URL, ASKED, headers=KEY)
    assert answer.status_code == 202
    assert answer.json() == {"id": str(SAGA), "state": "processing", "order": None, "problem": None}
    assert buyer.post(URL, ASKED, headers=KEY).status_code == 202

    settings.PAYMENT_URL = shop.payment.url
    resume_now(run_jobs)
    assert buyer.get(f"{URL}/{SAGA}").json()["state"] == "completed"
    assert buyer.post(URL, ASKED, headers=KEY).status_code == 201


def resume_now(run_jobs: Callable[[], int]) -> None:
    from sagas.tasks import resume_sagas

    Saga.objects.update(next_attempt_at=Now(), version=F("version") + 1)
    resume_sagas()
    assert run_jobs() == 1


def test_with_the_cart_out_of_reach_the_key_stays_unused(
    buyer: APIClient, shop: Services, settings: Settings, nobody_listens: str
) -> None:
    settings.INVENTORY_URL = nobody_listens
    answer = buyer.post(URL, ASKED, headers=KEY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert Saga.objects.count() == 0


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_service_that_does_not_let_the_platform_in_is_not_the_buyers_fault(
    buyer: APIClient, shop: Services, status: int
) -> None:
    shop.payment.tell(f"PUT {PAY}", status, problem("not_let_in", status))
    assert buyer.post(URL, ASKED, headers=KEY).status_code == 202
    assert Saga.objects.get().failure is None
    renewals = shop.auth.asked().count("POST /api/v1/auth/service-token")
    assert renewals == 1  # asked for a moment ago: another would not help


def test_cancelling_an_undecided_checkout_asks_the_payment_service(
    buyer: APIClient, shop: Services, settings: Settings, nobody_listens: str
) -> None:
    settings.PAYMENT_URL = nobody_listens
    buyer.post(URL, ASKED, headers=KEY)
    settings.PAYMENT_URL = shop.payment.url
    answer = buyer.post(f"{URL}/{SAGA}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")
    assert answer.json()["problem"]["code"] == "checkout_cancelled"
    assert shop.payment.asked() == [f"POST {PAY}/cancel"]
    assert buyer.post(f"{URL}/{SAGA}/cancel").status_code == 200
    assert buyer.post(URL, ASKED, headers=KEY).json()["code"] == "checkout_cancelled"


def test_cancelling_too_late_completes_the_checkout(
    buyer: APIClient, shop: Services, settings: Settings, nobody_listens: str
) -> None:
    settings.PAYMENT_URL = nobody_listens
    buyer.post(URL, ASKED, headers=KEY)
    settings.PAYMENT_URL = shop.payment.url
    shop.payment.tell(f"POST {PAY}/cancel", 200, payment(str(uuid.uuid4()), "captured"))
    answer = buyer.post(f"{URL}/{SAGA}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "checkout_decided")
    assert buyer.get(f"{URL}/{SAGA}").json()["state"] == "completed"


def test_a_completed_checkout_is_not_cancelled(buyer: APIClient, shop: Services) -> None:
    buyer.post(URL, ASKED, headers=KEY)
    assert buyer.post(f"{URL}/{SAGA}/cancel").json()["code"] == "checkout_decided"
    assert shop.payment.asked() == [f"PUT {PAY}"]


def test_somebody_elses_checkout_does_not_exist(buyer: APIClient, client_for: ClientFactory, shop: Services) -> None:
    buyer.post(URL, ASKED, headers=KEY)
    other = client_for(account=uuid.uuid4())
    assert other.get(f"{URL}/{SAGA}").status_code == 404
    assert other.post(f"{URL}/{SAGA}/cancel").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cart": "x"}, "cart"),
        ({"cart": None}, "cart"),
        ({"cart_version": 0}, "cart_version"),
        ({"cart_version": "new"}, "cart_version"),
        ({"cart_version": 10**30}, "cart_version"),
        ({"shipping_address": 7}, "shipping_address"),
        ({"payment_method": "4242424242424242"}, "payment_method"),
        ({"payment_method": "a" * 101}, "payment_method"),
        ({"expected_total": 1250}, "expected_total"),
        ({"expected_total": {"amount": -1, "currency": "EUR"}}, "expected_total.amount"),
        ({"expected_total": {"amount": 12.5, "currency": "EUR"}}, "expected_total.amount"),
        ({"expected_total": {"amount": True, "currency": "EUR"}}, "expected_total.amount"),
        ({"expected_total": {"amount": 10**30, "currency": "EUR"}}, "expected_total.amount"),
        ({"expected_total": {"amount": 1250, "currency": "USD"}}, "expected_total.currency"),
    ],
    ids=str,
)
def test_bad_input_is_refused_and_the_key_unused(
    buyer: APIClient, shop: Services, changes: dict[str, Any], field: str
) -> None:
    answer = buyer.post(URL, {**ASKED, **changes}, headers=KEY)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Saga.objects.count() == 0
    assert shop.inventory.received == []


def test_a_checkout_needs_a_key(buyer: APIClient, shop: Services) -> None:
    answer = buyer.post(URL, ASKED)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


def test_an_unverified_buyer_may_not_buy(client_for: ClientFactory, shop: Services) -> None:
    answer = client_for(account=BUYER, email_verified=False).post(URL, ASKED, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    assert Saga.objects.count() == 0


def test_without_a_token_or_with_a_services_nobody_buys(
    anonymous: APIClient, client_for: ClientFactory, shop: Services
) -> None:
    assert anonymous.post(URL, ASKED, headers={"Idempotency-Key": str(uuid.uuid4())}).status_code == 401
    assert client_for(roles=["service"]).post(URL, ASKED, headers=KEY).status_code == 403


def test_a_refusal_speaks_the_buyers_language(buyer: APIClient, shop: Services) -> None:
    answer = buyer.post(URL, ASKED, headers={"Accept-Language": "fr"})
    assert answer.json()["detail"].startswith("Une commande exige un en-tête Idempotency-Key")
