import json
import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from rest_framework.test import APIClient

from chassis.ids import uuid7
from chassis.testing import make_token
from payments.card_numbers import holds_card_number
from payments.models import Payment, Refund
from sandbox.models import SandboxIntent
from tests.calls import body, pay

pytestmark = pytest.mark.django_db

CARD_NUMBERS = [
    "4242424242424242",
    "4242 4242 4242 4242",
    "4242-4242-4242-4242",
    "4242.4242.4242.4242",
    "card:4242_4242_4242_4242!",
    "378282246310005",
    "4222222222222",
    "6205500000000000004",
    "４２４２４２４２４２４２４２４２",
]


@pytest.mark.parametrize("text", CARD_NUMBERS)
def test_card_numbers_are_recognised_however_they_are_written(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "pm_card_visa",
        "pm_1N2b3c4d5e6f7g8h9i0j1k2l",
        "4242424242424241",
        "424242424242",
        "42424242424242424242424242424242",
        "01939c5e-7e20-7b5a-8f7e-0d4f6a1c2b3d",
    ],
)
def test_tokens_are_no_card_numbers(text: str) -> None:
    assert not holds_card_number(text)


@pytest.mark.parametrize("number", [*CARD_NUMBERS, 4242424242424242])
def test_a_card_number_is_refused_and_neither_kept_logged_nor_repeated(
    service: APIClient, caplog: pytest.LogCaptureFixture, number: str | int
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = service.put(f"/api/v1/payments/{uuid7()}", body(payment_method=number))
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("payment_method", "card_number")]
    assert str(number) not in answer.content.decode()
    assert not any(str(number) in str(vars(record)) for record in caplog.records if "django.db" not in record.name)
    assert Payment.objects.count() == 0


def test_a_card_number_in_a_reason_is_refused(service: APIClient) -> None:
    payment = pay()
    asked = {
        "payment": str(payment.pk),
        "amount": {"amount": 1, "currency": "EUR"},
        "reason": "Card 4242 4242 4242 4242",
    }
    assert service.put(f"/api/v1/refunds/{uuid7()}", asked).status_code == 400
    assert Refund.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"amount": 0, "currency": "EUR"}}, "amount"),
        ({"amount": {"amount": -1, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": 10**12 + 1, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": 10**30, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": 10.5, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": True, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": "many", "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": None, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": 1, "currency": "USD"}}, "amount.currency"),
        ({"amount": {"amount": 1}}, "amount.currency"),
        ({"amount": 1}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"amount": None}, "amount"),
        ({"order": "x"}, "order"),
        ({"order": 5}, "order"),
        ({"order": True}, "order"),
        ({"order": None}, "order"),
        ({"order": [str(uuid.uuid4())]}, "order"),
        ({"buyer": {"id": 1}}, "buyer"),
        ({"payment_method": ""}, "payment_method"),
        ({"payment_method": "x" * 101}, "payment_method"),
        ({"payment_method": 5}, "payment_method"),
        ({"payment_method": True}, "payment_method"),
        ({"payment_method": None}, "payment_method"),
        ({"payment_method": ["pm_card_visa"]}, "payment_method"),
        ({"payment_method": {"number": "1"}}, "payment_method"),
        ({"payment_method": "pm\x00card"}, "payment_method"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_taken(service: APIClient, change: dict[str, Any], field: str) -> None:
    answer = service.generic(
        "PUT", f"/api/v1/payments/{uuid7()}", json.dumps(body(**change)), content_type="application/json"
    )
    assert answer.status_code == 400, answer.content
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert Payment.objects.count() == 0
    assert SandboxIntent.objects.count() == 0


def test_a_character_that_does_not_exist_is_refused_before_any_field_is_read(service: APIClient) -> None:
    asked = json.dumps(body(payment_method="\ud800"))
    answer = service.generic("PUT", f"/api/v1/payments/{uuid7()}", asked, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"]) == (400, [])
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("missing", ["order", "buyer", "amount", "payment_method"])
def test_a_missing_field_is_named(service: APIClient, missing: str) -> None:
    asked = body()
    del asked[missing]
    answer = service.put(f"/api/v1/payments/{uuid7()}", asked)
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(missing, "required")]


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b'{"order": ', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"order=1", "text/plain", 415),
    ],
)
@pytest.mark.parametrize("address", ["payments", "refunds"])
def test_a_malformed_body_is_a_problem(
    service: APIClient, raw: bytes, content_type: str, status: int, address: str
) -> None:
    path = f"/api/v1/{address}/{uuid7()}"
    answer = service.generic("PUT", path, raw, content_type=content_type)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"amount": 0, "currency": "EUR"}},
        {"amount": {"amount": -5, "currency": "EUR"}},
        {"amount": {"amount": 5, "currency": "USD"}},
        {"payment": "x"},
        {"payment": 7},
        {"reason": "x" * 201},
        {"reason": None},
        {"reason": 5},
    ],
)
def test_a_wrong_refund_is_refused_and_gives_nothing_back(service: APIClient, change: dict[str, Any]) -> None:
    payment = pay()
    asked = {"payment": str(payment.pk), "amount": {"amount": 5, "currency": "EUR"}, "reason": "", **change}
    assert service.put(f"/api/v1/refunds/{uuid7()}", asked).status_code == 400
    payment.refresh_from_db()
    assert (payment.refunded_amount, Refund.objects.count()) == (0, 0)


@pytest.mark.parametrize("path", ["payments/1", "payments/not-a-uuid/cancel", "refunds/0", "payments/" + "9" * 5000])
def test_an_id_of_another_form_is_no_address(service: APIClient, path: str) -> None:
    assert service.post(f"/api/v1/{path}").status_code == 404
    assert service.put(f"/api/v1/{path}", body()).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["order=x", "order=", "order=5", "cursor=x", "page_size=0", "&".join([f"order={uuid.uuid4()}"] * 101)],
)
def test_a_wrong_filter_is_refused(service: APIClient, query: str) -> None:
    assert service.get(f"/api/v1/payments?{query}").status_code == 400


def test_a_malformed_idempotency_key_is_refused(service: APIClient) -> None:
    payment_id = uuid7()
    answer = service.post(f"/api/v1/payments/{payment_id}/cancel", headers={"Idempotency-Key": "a b"})
    assert answer.status_code == 400
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"expires_in": timedelta(minutes=-5)},
        {"iss": "another"},
        {"aud": "another"},
        {"kid": None},
        {"kid": "unknown"},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"key": "a-shared-secret-that-is-long-enough-for-hs256", "algorithm": "HS256"},
        {"key": "", "algorithm": "none"},
    ],
    ids=str,
)
def test_a_forged_or_expired_token_takes_nothing(anonymous: APIClient, claims: dict[str, Any]) -> None:
    anonymous.credentials(
        HTTP_AUTHORIZATION=f"Bearer {make_token(roles=['service'], scopes=['payments.charge'], **claims)}"
    )
    assert anonymous.put(f"/api/v1/payments/{uuid7()}", body()).status_code == 401
    assert anonymous.post(f"/api/v1/payments/{uuid7()}/cancel").status_code == 401
    assert Payment.objects.count() == 0


def test_refusals_speak_the_language_asked_for(service: APIClient) -> None:
    asked = body(payment_method="4242424242424242")
    answer = service.put(f"/api/v1/payments/{uuid7()}", asked, headers={"accept-language": "fr"})
    assert answer.json()["errors"][0]["message"] == "Les numéros de carte ne sont pas acceptés ici."
