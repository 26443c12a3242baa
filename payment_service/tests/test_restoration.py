"""What a checkout remembers of its payment comes back, once, and takes no money: its provider says what it took."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from rest_framework.test import APIClient

from chassis.ids import uuid7
from chassis.money import Money
from chassis.testing import ClientFactory
from payments.errors import RefundExceedsPaymentError
from payments.models import Payment, Refund
from payments.providers import ProviderUnavailableError
from sandbox.models import SandboxEvent, SandboxIntent
from sandbox.provider import SandboxProvider
from tests.calls import assert_both_sides_agree, body, give_back, money_taken, pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reconciler(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["reconcile.write", "payments.charge"])


def remembered(**changes: Any) -> dict[str, Any]:
    return body(created_at="2026-11-22T12:00:00Z", captured_at="2026-11-22T12:00:01Z", **changes)


def of(payment: Payment) -> dict[str, Any]:
    """The payment as its checkout remembers it."""
    money = {"amount": payment.amount, "currency": payment.currency}
    method = payment.payment_method
    return remembered(order=str(payment.order), buyer=str(payment.buyer), amount=money, payment_method=method)


def restore(reconciler: APIClient, sent: dict[str, Any], ident: uuid.UUID) -> Any:
    return reconciler.put(f"/api/v1/reconcile/payments/{ident}", sent)


def forget_payments() -> None:
    Payment.objects.all().delete()


def forget_book() -> None:
    SandboxEvent.objects.all().delete()
    SandboxIntent.objects.all().delete()


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_sandbox_failOnce", "pm_sandbox_answerLost"])
def test_a_payment_that_the_provider_still_knows_is_written_down_again(reconciler: APIClient, method: str) -> None:
    ident = uuid7()
    if method == "pm_card_visa":
        asked = of(pay(ident))
    else:
        reconciler.put(f"/api/v1/payments/{ident}", body(payment_method=method))
        payment = Payment.objects.get()
        reconciler.put(f"/api/v1/payments/{ident}", {**body(), **{name: of(payment)[name] for name in body()}})
        asked = of(Payment.objects.get())
    reference = SandboxIntent.objects.get().reference
    forget_payments()
    answer = restore(reconciler, asked, ident)
    assert (answer.status_code, answer.json()["state"]) == (201, "captured")
    payment = Payment.objects.get()
    assert payment.provider_reference == reference
    assert money_taken(ident) == payment.amount
    assert answer.json()["captured_at"] == "2026-11-22T12:00:01Z"
    assert answer.json()["created_at"] == "2026-11-22T12:00:00Z"


def test_where_the_book_went_back_too_it_is_entered_once_as_remembered(reconciler: APIClient) -> None:
    ident, asked = uuid7(), remembered(payment_method="pm_card_visa")
    assert restore(reconciler, asked, ident).status_code == 201
    again = restore(reconciler, asked, ident)
    assert (again.status_code, again.json()["state"]) == (200, "captured")
    assert (money_taken(ident), SandboxIntent.objects.count()) == (4598, 1)


def test_a_payment_that_is_undecided_again_is_captured_again(reconciler: APIClient) -> None:
    payment = pay(amount=1000)
    Payment.objects.update(state="processing", captured_at=None, provider_reference="")
    forget_book()
    assert restore(reconciler, of(payment), payment.pk).json()["state"] == "captured"
    assert money_taken(payment.pk) == 1000


def test_what_is_decided_here_stays(reconciler: APIClient) -> None:
    declined = pay(method="pm_card_chargeDeclined")
    assert restore(reconciler, of(declined), declined.pk).json()["state"] == "declined"
    assert money_taken(declined.pk) == 0


def test_after_it_came_back_it_can_be_refunded_and_not_twice(reconciler: APIClient) -> None:
    payment = pay(amount=1000)
    asked = of(payment)
    forget_payments()
    restore(reconciler, asked, payment.pk)
    assert give_back(Payment.objects.get(), 1000).state == "succeeded"
    assert money_taken(payment.pk) == 0


def test_what_the_provider_did_not_take_is_not_written_down(
    reconciler: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that keeps its book elsewhere believes its book alone."""
    monkeypatch.setattr(SandboxProvider, "recall", lambda self, **asked: None)
    answer = restore(reconciler, remembered(), uuid7())
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_recalled")
    assert answer.json()["verdict"] == "unknown"
    assert not Payment.objects.exists()


def test_a_book_that_says_otherwise_is_believed(reconciler: APIClient) -> None:
    declined = pay(method="pm_card_chargeDeclined")
    asked = of(declined)
    forget_payments()
    assert restore(reconciler, asked, declined.pk).json()["verdict"] == "declined"
    assert not Payment.objects.exists()
    taken = pay(amount=1000)
    other = {**of(taken), "amount": {"amount": 1001, "currency": "EUR"}}
    forget_payments()
    assert restore(reconciler, other, taken.pk).json()["verdict"] == "mismatch"
    assert not Payment.objects.exists()


def test_what_contradicts_is_refused_and_takes_nothing(reconciler: APIClient) -> None:
    payment, tombstone = pay(), uuid7()
    reconciler.post(f"/api/v1/payments/{tombstone}/cancel")
    for ident, sent, status, code in (
        (payment.pk, {**of(payment), "order": str(uuid7())}, 422, "payment_mismatch"),
        (tombstone, remembered(), 409, "payment_cancelled"),
        (uuid7(), of(payment), 409, "order_has_payment"),
    ):
        answer = restore(reconciler, sent, ident)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert SandboxIntent.objects.filter(payment=ident).count() == (1 if ident == payment.pk else 0)


def test_a_forgotten_payment_is_called_off_at_the_provider_too(reconciler: APIClient) -> None:
    ident = uuid7()
    SandboxProvider().create(
        payment_id=ident, amount=Money(1000, "EUR"), payment_method="pm_card_visa", metadata={"order": "1"}
    )
    assert reconciler.post(f"/api/v1/payments/{ident}/cancel").json()["state"] == "cancelled"
    assert SandboxIntent.objects.get().status == "canceled"


def test_a_forgotten_payment_that_was_taken_is_not_said_to_be_called_off(reconciler: APIClient) -> None:
    payment = pay(amount=1000)
    asked = of(payment)
    forget_payments()
    answer = reconciler.post(f"/api/v1/payments/{payment.pk}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    assert not Payment.objects.exists()
    restore(reconciler, asked, payment.pk)
    assert reconciler.post(f"/api/v1/payments/{payment.pk}/cancel").json()["state"] == "captured"


@pytest.mark.parametrize("missing", ["created_at", "captured_at", "order", "amount"])
def test_a_memory_with_a_gap_is_refused(reconciler: APIClient, missing: str) -> None:
    sent = {name: value for name, value in remembered().items() if name != missing}
    assert restore(reconciler, sent, uuid7()).status_code == 400
    assert not SandboxIntent.objects.exists()


# What was given back


def restore_refunds(reconciler: APIClient, payment: uuid.UUID) -> Any:
    return reconciler.post(f"/api/v1/reconcile/payments/{payment}/refunds")


def forget_refunds(payment: Payment) -> None:
    """As a database that went back to before them; the provider's book did not."""
    Refund.objects.all().delete()
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=0)


def test_forgotten_refunds_come_back_once_and_nothing_is_given_back_twice(reconciler: APIClient) -> None:
    payment = pay(amount=1000)
    first, second = give_back(payment, 300), give_back(payment, 200)
    before = SandboxEvent.objects.count()
    forget_refunds(payment)
    for _repeated in range(2):
        answer = restore_refunds(reconciler, payment.pk)
        assert (answer.status_code, answer.json()["refunded"]["amount"]) == (200, 500)
        assert SandboxEvent.objects.count() == before
        assert_both_sides_agree(payment.pk)
    refunds = {refund.pk: refund for refund in Refund.objects.all()}
    assert refunds.keys() == {first.pk, second.pk}
    again = refunds[first.pk]
    assert (again.amount, again.state, again.provider_reference) == (300, "succeeded", first.provider_reference)
    assert again.reason == "By the payment provider's book; the reason was lost."
    with pytest.raises(RefundExceedsPaymentError):
        give_back(Payment.objects.get(), 501)
    assert give_back(Payment.objects.get(), 500).state == "succeeded"
    assert_both_sides_agree(payment.pk)


def test_only_the_refunds_that_were_forgotten_come_back(reconciler: APIClient) -> None:
    payment = pay(amount=1000)
    kept, lost = give_back(payment, 300), give_back(payment, 200)
    Refund.objects.filter(pk=lost.pk).delete()
    Payment.objects.update(refunded_amount=300)
    assert restore_refunds(reconciler, payment.pk).json()["refunded"]["amount"] == 500
    assert Refund.objects.get(pk=kept.pk).reason == ""
    assert_both_sides_agree(payment.pk)


def test_a_refund_that_is_pending_again_is_closed_as_the_book_has_it(reconciler: APIClient) -> None:
    payment = pay(amount=1000)
    refund = give_back(payment, 300)
    Refund.objects.update(state="pending", settled_at=None, provider_reference="")
    assert restore_refunds(reconciler, payment.pk).json()["refunded"]["amount"] == 300
    refund.refresh_from_db()
    assert (refund.state, refund.provider_reference != "") == ("succeeded", True)
    assert_both_sides_agree(payment.pk)


def test_what_somebody_gave_back_at_the_provider_has_the_same_id_each_time(
    reconciler: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(amount=1000)
    give_back(payment, 300)
    asked = SandboxProvider().refunds(reference=payment.provider_reference)
    forget_refunds(payment)
    of_others = [replace(each, refund_id=None) for each in asked]
    monkeypatch.setattr(SandboxProvider, "refunds", lambda self, reference: of_others)
    for _repeated in range(2):
        assert restore_refunds(reconciler, payment.pk).json()["refunded"]["amount"] == 300
    assert Refund.objects.get().pk == uuid.uuid5(payment.pk, asked[0].reference)


def test_a_refund_that_failed_does_not_come_back(reconciler: APIClient) -> None:
    payment = pay(amount=1000, method="pm_card_refundFail")
    assert give_back(payment, 300).state == "failed"
    forget_refunds(payment)
    assert restore_refunds(reconciler, payment.pk).json()["refunded"]["amount"] == 0
    assert not Refund.objects.exists()


def test_refunds_that_contradict_the_book_are_refused_and_stay(
    reconciler: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment, declined = pay(amount=1000), pay(method="pm_card_chargeDeclined")
    refund = give_back(payment, 300)
    (given,) = SandboxProvider().refunds(reference=payment.provider_reference)
    for book, status, code in (
        ([replace(given, amount=Money(301, "EUR"))], 422, "refund_mismatch"),
        ([replace(given, refund_id=uuid7(), amount=Money(701, "EUR"))], 409, "refund_exceeds_payment"),
    ):
        monkeypatch.setattr(SandboxProvider, "refunds", lambda self, reference, book=book: book)
        answer = restore_refunds(reconciler, payment.pk)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert Refund.objects.get().pk == refund.pk
        assert_both_sides_agree(payment.pk)
    monkeypatch.setattr(SandboxProvider, "refunds", lambda self, reference: [given])
    Refund.objects.update(state="failed")
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=0)
    assert restore_refunds(reconciler, payment.pk).json()["code"] == "refund_mismatch"
    assert Payment.objects.get(pk=payment.pk).refunded_amount == 0
    assert restore_refunds(reconciler, declined.pk).json()["code"] == "payment_not_captured"
    assert restore_refunds(reconciler, uuid7()).json()["code"] == "payment_not_found"


def test_a_provider_that_does_not_answer_is_asked_again_later(
    reconciler: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: SandboxProvider, reference: str) -> None:
        raise ProviderUnavailableError()

    payment = pay(amount=1000)
    monkeypatch.setattr(SandboxProvider, "refunds", away)
    answer = restore_refunds(reconciler, payment.pk)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")


@pytest.mark.parametrize("scopes", [["payments.charge"], ["audit.read"], []])
def test_nobody_else_brings_refunds_back(client_for: ClientFactory, scopes: list[str]) -> None:
    payment = pay(amount=1000)
    give_back(payment, 300)
    forget_refunds(payment)
    assert restore_refunds(client_for(roles=["service"], scopes=scopes), payment.pk).status_code == 403
    assert not Refund.objects.exists()
