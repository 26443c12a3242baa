import uuid

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from chassis.ids import uuid7
from payments.models import Payment
from sandbox.models import SandboxIntent
from tests.calls import assert_both_sides_agree, body, money_taken

pytestmark = pytest.mark.django_db


def url(payment_id: uuid.UUID) -> str:
    return f"/api/v1/payments/{payment_id}"


def test_a_payment_is_captured_once_and_repeats_its_answer(service: APIClient) -> None:
    payment_id, asked = uuid7(), body()
    first = service.put(url(payment_id), asked)
    assert first.status_code == 201
    answer = dict(first.json())
    assert answer.pop("created_at") < answer.pop("captured_at")
    assert answer == {
        "id": str(payment_id),
        "order": asked["order"],
        "buyer": asked["buyer"],
        "state": "captured",
        "amount": {"amount": 4598, "currency": "EUR"},
        "refunded": {"amount": 0, "currency": "EUR"},
        "decline_code": None,
        "payment_method": "pm_card_visa",
    }
    second = service.put(url(payment_id), asked)
    assert second.status_code == 200
    assert second.json() == first.json()
    assert money_taken(payment_id) == 4598
    assert SandboxIntent.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_unknown", "invalid_payment_method"),
    ],
)
def test_a_declined_payment_says_why_and_stays_declined(service: APIClient, method: str, code: str) -> None:
    payment_id, asked = uuid7(), body(payment_method=method)
    answer = service.put(url(payment_id), asked)
    assert (answer.status_code, answer.json()["state"], answer.json()["decline_code"]) == (201, "declined", code)
    assert answer.json()["captured_at"] is None
    again = service.put(url(payment_id), asked)
    assert (again.status_code, again.json()) == (200, answer.json())
    assert service.post(f"{url(payment_id)}/cancel").json()["state"] == "declined"
    assert_both_sides_agree(payment_id)


@pytest.mark.parametrize("method", ["pm_card_authenticationRequired", "pm_card_threeDSecureRequired"])
def test_a_payment_that_needs_its_buyer_is_cancelled_at_the_provider(service: APIClient, method: str) -> None:
    payment_id, asked = uuid7(), body(payment_method=method)
    answer = service.put(url(payment_id), asked)
    assert (answer.status_code, answer.json()["state"]) == (201, "cancelled")
    assert answer.json()["decline_code"] == "authentication_required"
    assert SandboxIntent.objects.get(payment=payment_id).status == "canceled"
    assert service.put(url(payment_id), asked).json() == answer.json()


def test_after_a_decline_the_order_may_be_paid_by_another_payment(service: APIClient) -> None:
    order = str(uuid7())
    service.put(url(uuid7()), body(order=order, payment_method="pm_card_chargeDeclined"))
    assert service.put(url(uuid7()), body(order=order)).json()["state"] == "captured"


def test_a_second_payment_of_a_paid_order_is_refused(service: APIClient) -> None:
    order, first, second = str(uuid7()), uuid7(), uuid7()
    service.put(url(first), body(order=order))
    answer = service.put(url(second), body(order=order))
    assert (answer.status_code, answer.json()["code"]) == (409, "order_has_payment")
    assert answer.json()["payment"] == str(first)
    assert not Payment.objects.filter(pk=second).exists()
    assert money_taken(second) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"order": str(uuid7())},
        {"buyer": str(uuid7())},
        {"amount": {"amount": 4599, "currency": "EUR"}},
        {"payment_method": "pm_card_mastercard"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_content_under_a_known_id_is_refused(service: APIClient, change: dict[str, object]) -> None:
    payment_id, asked = uuid7(), body()
    before = service.put(url(payment_id), asked).json()
    answer = service.put(url(payment_id), {**asked, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "payment_mismatch")
    assert service.get(url(payment_id)).json() == before
    assert money_taken(payment_id) == 4598


def test_a_provider_that_fails_once_leaves_the_payment_processing_and_the_same_request_continues(
    service: APIClient,
) -> None:
    payment_id, asked = uuid7(), body(payment_method="pm_sandbox_failOnce")
    first = service.put(url(payment_id), asked)
    assert (first.status_code, first.json()["code"]) == (503, "provider_unavailable")
    assert int(first["Retry-After"]) >= 1
    assert service.get(url(payment_id)).json()["state"] == "processing"
    assert money_taken(payment_id) == 0
    assert service.put(url(payment_id), asked).json()["state"] == "captured"
    assert money_taken(payment_id) == 4598


def test_a_lost_answer_leaves_the_payment_processing_and_the_same_request_finds_it_captured(
    service: APIClient,
) -> None:
    payment_id, asked = uuid7(), body(payment_method="pm_sandbox_answerLost")
    assert service.put(url(payment_id), asked).status_code == 503
    assert service.get(url(payment_id)).json()["state"] == "processing"
    assert money_taken(payment_id) == 4598
    assert service.put(url(payment_id), asked).json()["state"] == "captured"
    assert money_taken(payment_id) == 4598


def test_a_slow_payment_is_captured(service: APIClient, settings: LazySettings) -> None:
    settings.SANDBOX_SLOW_SECONDS = 0.05
    assert service.put(url(uuid7()), body(payment_method="pm_sandbox_slow")).json()["state"] == "captured"


@pytest.mark.django_db(transaction=True)
def test_paying_costs_a_known_number_of_statements(service: APIClient) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert service.put(url(uuid7()), body()).status_code == 201
    statements = [one["sql"].split(" ", 2)[:2] for one in asked if one["sql"] not in {"BEGIN", "COMMIT"}]
    assert len(statements) == 9, statements
