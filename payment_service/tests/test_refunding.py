import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from chassis.ids import uuid7
from chassis.jobs.models import Job
from payments.models import Payment, Refund
from payments.providers import ProviderUnavailableError, RefundOutcome, RefundVerdict
from payments.tasks import resume_stuck_refunds
from sandbox.models import SandboxIntent, SandboxRefund
from sandbox.provider import SandboxProvider
from tests.calls import assert_both_sides_agree, money_taken, pay

pytestmark = pytest.mark.django_db


def url(refund_id: uuid.UUID) -> str:
    return f"/api/v1/refunds/{refund_id}"


def asked(payment: Payment, amount: int, reason: str = "Broken.") -> dict[str, Any]:
    return {"payment": str(payment.pk), "amount": {"amount": amount, "currency": "EUR"}, "reason": reason}


def make_jobs_due() -> None:
    Job.objects.filter(state="waiting").update(run_at=Now() - timedelta(seconds=1))


def test_part_of_a_payment_is_given_back_once_and_repeats_its_answer(service: APIClient) -> None:
    payment, refund_id = pay(), uuid7()
    first = service.put(url(refund_id), asked(payment, 300))
    assert first.status_code == 201
    assert first.json() == {
        "id": str(refund_id),
        "payment": str(payment.pk),
        "amount": {"amount": 300, "currency": "EUR"},
        "state": "succeeded",
        "reason": "Broken.",
    }
    second = service.put(url(refund_id), asked(payment, 300))
    assert (second.status_code, second.json()) == (200, first.json())
    assert service.get(url(refund_id)).json() == first.json()
    assert service.get(f"/api/v1/payments/{payment.pk}").json()["refunded"] == {"amount": 300, "currency": "EUR"}
    assert money_taken(payment.pk) == 700


def test_refunds_never_exceed_the_payment(service: APIClient) -> None:
    payment, second = pay(), uuid7()
    service.put(url(uuid7()), asked(payment, 700))
    answer = service.put(url(second), asked(payment, 301))
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_exceeds_payment")
    assert answer.json()["refundable"] == {"amount": 300, "currency": "EUR"}
    assert not Refund.objects.filter(pk=second).exists()
    assert service.put(url(second), asked(payment, 300)).status_code == 201
    assert money_taken(payment.pk) == 0
    assert_both_sides_agree(payment.pk)


@pytest.mark.parametrize("method", ["pm_card_chargeDeclined", "pm_card_authenticationRequired"])
def test_only_what_was_captured_is_refunded(service: APIClient, method: str) -> None:
    payment = pay(method=method)
    answer = service.put(url(uuid7()), asked(payment, 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_captured")
    assert answer.json()["state"] == payment.state
    assert Refund.objects.count() == 0
    assert Job.objects.count() == 0


def test_a_refund_of_an_unknown_payment_is_not_found(service: APIClient) -> None:
    answer = service.put(url(uuid7()), asked(Payment(id=uuid7()), 1))
    assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")
    assert Refund.objects.count() == 0


def test_another_content_under_a_known_refund_id_is_refused(service: APIClient) -> None:
    payment, other, refund_id = pay(), pay(), uuid7()
    service.put(url(refund_id), asked(payment, 300))
    for changed in (asked(payment, 301), asked(other, 300), asked(payment, 300, reason="Else.")):
        answer = service.put(url(refund_id), changed)
        assert (answer.status_code, answer.json()["code"]) == (422, "refund_mismatch")
    assert money_taken(payment.pk) == 700
    assert money_taken(other.pk) == 1000


def test_a_refund_that_fails_lets_its_amount_go_once(service: APIClient) -> None:
    payment, refund_id = pay(method="pm_card_refundFail"), uuid7()
    for _turn in range(2):
        assert service.put(url(refund_id), asked(payment, 300)).json()["state"] == "failed"
    payment.refresh_from_db()
    assert payment.refunded_amount == 0
    assert Refund.objects.get().failure_code == "expired_or_canceled_card"
    assert_both_sides_agree(payment.pk)


@pytest.mark.parametrize("method", ["pm_sandbox_failOnce", "pm_sandbox_answerLost"])
def test_a_refund_left_pending_is_settled_by_its_job(
    service: APIClient, run_jobs: Callable[[], int], method: str
) -> None:
    payment = paid_at_second_try(method)
    answer = service.put(url(refund_id := uuid7()), asked(payment, 300))
    assert (answer.status_code, answer.json()["state"]) == (201, "pending")
    payment.refresh_from_db()
    assert payment.refunded_amount == 300
    make_jobs_due()
    assert run_jobs() == 1
    assert service.get(url(refund_id)).json()["state"] == "succeeded"
    assert SandboxRefund.objects.count() == 1
    assert_both_sides_agree(payment.pk)


def test_a_refund_left_pending_is_settled_by_the_same_request(service: APIClient) -> None:
    payment, refund_id = paid_at_second_try("pm_sandbox_failOnce"), uuid7()
    service.put(url(refund_id), asked(payment, 300))
    assert service.put(url(refund_id), asked(payment, 300)).json()["state"] == "succeeded"
    assert money_taken(payment.pk) == 700


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_refund_is_tried_again_while_the_provider_is_away(
    service: APIClient, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    payment, refund_id = pay(), uuid7()
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProvider, "refund", _away)
        assert service.put(url(refund_id), asked(payment, 300)).json()["state"] == "pending"
        make_jobs_due()
        assert run_jobs() == 1
        assert Job.objects.get().state == "waiting"
    make_jobs_due()
    assert run_jobs() == 1
    assert Refund.objects.get().state == "succeeded"
    assert Job.objects.get().state == "done"


def test_a_refund_whose_job_gave_up_is_resumed(
    service: APIClient, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay()
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProvider, "refund", _away)
        service.put(url(uuid7()), asked(payment, 300))
    Job.objects.update(state="dead")
    resume_stuck_refunds()
    assert run_jobs() == 0
    Refund.objects.update(created_at=Now() - timedelta(minutes=11))
    for _turn in range(2):
        resume_stuck_refunds()
    assert run_jobs() == 1
    assert Refund.objects.get().state == "succeeded"


def test_a_refund_that_the_provider_keeps_pending_stays_pending(
    service: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay()
    pending = RefundOutcome(reference="re_1", verdict=RefundVerdict.PENDING)
    monkeypatch.setattr(SandboxProvider, "refund", lambda *_args, **_kwargs: pending)
    assert service.put(url(uuid7()), asked(payment, 300)).json()["state"] == "pending"
    payment.refresh_from_db()
    assert payment.refunded_amount == 300


def test_a_refund_that_the_provider_refuses_fails(service: APIClient) -> None:
    payment = pay()
    SandboxIntent.objects.update(refunded_amount=900)  # given back behind our back
    assert service.put(url(uuid7()), asked(payment, 101)).json()["state"] == "failed"
    payment.refresh_from_db()
    assert payment.refunded_amount == 0


def paid_at_second_try(method: str) -> Payment:
    payment_id, order, buyer = uuid7(), uuid7(), uuid7()
    from payments.errors import ProviderUnreachableError

    with pytest.raises(ProviderUnreachableError):
        pay(payment_id, order=order, buyer=buyer, method=method)
    return pay(payment_id, order=order, buyer=buyer, method=method)


def _away(*_args: object, **_kwargs: object) -> None:
    raise ProviderUnavailableError("away")
