import uuid

import pytest
from rest_framework.test import APIClient

from chassis.ids import uuid7
from payments.models import Payment
from payments.providers import ProviderUnavailableError
from sandbox.models import SandboxIntent
from sandbox.provider import SandboxProvider
from tests.calls import assert_both_sides_agree, body, money_taken

pytestmark = pytest.mark.django_db


def url(payment_id: uuid.UUID) -> str:
    return f"/api/v1/payments/{payment_id}"


def test_calling_off_an_unknown_payment_refuses_it_when_it_arrives_later(service: APIClient) -> None:
    payment_id = uuid7()
    answer = service.post(f"{url(payment_id)}/cancel")
    assert answer.status_code == 200
    tombstone = answer.json()
    assert tombstone == {
        "id": str(payment_id),
        "order": None,
        "buyer": None,
        "state": "cancelled",
        "amount": None,
        "refunded": {"amount": 0, "currency": "EUR"},
        "decline_code": None,
        "payment_method": None,
        "created_at": tombstone["created_at"],
        "captured_at": None,
    }
    late = service.put(url(payment_id), body())
    assert (late.status_code, late.json()["code"]) == (409, "payment_cancelled")
    assert service.post(f"{url(payment_id)}/cancel").json() == answer.json()
    assert SandboxIntent.objects.count() == 0


def test_a_captured_payment_wins_over_its_cancellation(service: APIClient) -> None:
    payment_id = uuid7()
    paid = service.put(url(payment_id), body()).json()
    for _turn in range(2):
        assert service.post(f"{url(payment_id)}/cancel").json() == paid
    assert_both_sides_agree(payment_id)


def test_a_payment_the_provider_did_not_take_is_cancelled_there_and_never_taken(service: APIClient) -> None:
    payment_id, asked = uuid7(), body(payment_method="pm_sandbox_failOnce")
    assert service.put(url(payment_id), asked).status_code == 503
    assert service.post(f"{url(payment_id)}/cancel").json()["state"] == "cancelled"
    assert SandboxIntent.objects.get(payment=payment_id).status == "canceled"
    late = service.put(url(payment_id), asked)
    assert (late.status_code, late.json()["state"], late.json()["decline_code"]) == (200, "cancelled", None)
    assert money_taken(payment_id) == 0


def test_a_payment_that_was_taken_and_its_answer_lost_is_found_captured(service: APIClient) -> None:
    payment_id = uuid7()
    assert service.put(url(payment_id), body(payment_method="pm_sandbox_answerLost")).status_code == 503
    assert service.post(f"{url(payment_id)}/cancel").json()["state"] == "captured"
    assert_both_sides_agree(payment_id)


def test_an_intent_whose_creation_is_uncertain_is_created_and_cancelled(
    service: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The creation may be under way: only an intent that is cancelled under the same id can be confirmed by nobody."""
    payment_id, asked = uuid7(), body()
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProvider, "create", _away)
        assert service.put(url(payment_id), asked).status_code == 503
        assert service.post(f"{url(payment_id)}/cancel").status_code == 503
        assert Payment.objects.get(pk=payment_id).state == "processing"
    assert service.post(f"{url(payment_id)}/cancel").json()["state"] == "cancelled"
    assert SandboxIntent.objects.get(payment=payment_id).status == "canceled"


def test_calling_off_a_payment_whose_method_does_not_exist_answers_declined(
    service: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, asked = uuid7(), body(payment_method="pm_card_unknown")
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProvider, "create", _away)
        assert service.put(url(payment_id), asked).status_code == 503
    answer = service.post(f"{url(payment_id)}/cancel").json()
    assert (answer["state"], answer["decline_code"]) == ("declined", "invalid_payment_method")


def test_while_the_provider_is_away_a_cancellation_decides_nothing(
    service: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id = uuid7()
    service.put(url(payment_id), body(payment_method="pm_sandbox_failOnce"))
    monkeypatch.setattr(SandboxProvider, "cancel", _away)
    answer = service.post(f"{url(payment_id)}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    assert Payment.objects.get(pk=payment_id).state == "processing"


def test_one_that_needs_its_buyer_waits_for_the_provider_to_call_it_off(
    service: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, asked = uuid7(), body(payment_method="pm_card_authenticationRequired")
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProvider, "cancel", _away)
        assert service.put(url(payment_id), asked).status_code == 503
        assert Payment.objects.get(pk=payment_id).state == "requires_action"
    answer = service.post(f"{url(payment_id)}/cancel").json()
    assert (answer["state"], answer["decline_code"]) == ("cancelled", "authentication_required")
    assert service.put(url(payment_id), asked).json() == answer


def _away(*_args: object, **_kwargs: object) -> None:
    raise ProviderUnavailableError("away")
