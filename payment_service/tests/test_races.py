"""Callers at once, on real threads with connections of their own."""

import time
import uuid
from functools import partial

import pytest
from django.conf import LazySettings

from chassis.ids import uuid7
from payments import services
from payments.errors import OrderHasPaymentError, PaymentCancelledError, RefundExceedsPaymentError
from payments.models import Payment, Refund
from payments.states import PaymentState
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund
from tests.calls import assert_both_sides_agree, at_once, give_back, money_taken, pay, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_sandbox_slow"])
def test_the_same_payment_sent_16_times_at_once_is_captured_once(settings: LazySettings, method: str) -> None:
    settings.SANDBOX_SLOW_SECONDS = 0.2
    payment_id, order, buyer = uuid7(), uuid7(), uuid7()
    answers = at_once(*[lambda: pay(payment_id, order=order, buyer=buyer, method=method)] * 16)
    assert states(answers) == {PaymentState.CAPTURED}
    assert Payment.objects.count() == 1
    assert SandboxIntent.objects.count() == 1
    assert SandboxEvent.objects.filter(type="payment_intent.succeeded").count() == 1
    assert money_taken(payment_id) == 1000


def test_eight_payments_of_one_order_at_once_capture_one() -> None:
    order = uuid7()
    answers = at_once(*[lambda: pay(order=order)] * 8)
    assert sum(isinstance(answer, Payment) for answer in answers) == 1
    assert sum(isinstance(answer, OrderHasPaymentError) for answer in answers) == 7
    assert Payment.objects.count() == 1
    assert SandboxIntent.objects.filter(status="succeeded").count() == 1


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_sandbox_slow", "pm_card_authenticationRequired"])
def test_paying_and_cancelling_at_once_end_in_one_verdict_on_both_sides(settings: LazySettings, method: str) -> None:
    settings.SANDBOX_SLOW_SECONDS = 0.01
    for turn in range(40):
        payment_id, order, buyer = uuid7(), uuid7(), uuid7()
        paid, cancelled = at_once(
            partial(pay, payment_id, order=order, buyer=buyer, method=method),
            partial(cancel_after, payment_id, turn * 0.001),
        )
        assert_both_sides_agree(payment_id)
        assert isinstance(cancelled, Payment)
        final = Payment.objects.get(pk=payment_id).state
        assert cancelled.state == final
        if not isinstance(paid, PaymentCancelledError):
            assert paid.state == final


def cancel_after(payment_id: uuid.UUID, seconds: float) -> Payment:
    time.sleep(seconds)
    return services.cancel_payment(payment_id=payment_id)


def test_cancelling_at_once_many_times_agrees() -> None:
    payment_id = uuid7()
    answers = at_once(*[lambda: services.cancel_payment(payment_id=payment_id)] * 8)
    assert states(answers) == {PaymentState.CANCELLED}
    assert Payment.objects.get().is_tombstone


def test_partial_refunds_at_once_never_exceed_the_payment() -> None:
    payment = pay(amount=1000)
    answers = at_once(*[lambda: give_back(payment, 300)] * 8)
    assert sum(isinstance(answer, Refund) and answer.state == "succeeded" for answer in answers) == 3
    assert sum(isinstance(answer, RefundExceedsPaymentError) for answer in answers) == 5
    payment.refresh_from_db()
    assert payment.refunded_amount == 900
    assert money_taken(payment.pk) == 100


def test_the_same_refund_sent_8_times_at_once_gives_back_once() -> None:
    payment, refund_id = pay(amount=1000), uuid7()
    answers = at_once(*[lambda: give_back(payment, 1000, refund_id=refund_id)] * 8)
    assert {answer.state for answer in answers} == {"succeeded"}
    assert SandboxRefund.objects.count() == 1
    assert_both_sides_agree(payment.pk)


def test_the_same_failing_refund_at_once_lets_its_amount_go_once() -> None:
    payment, refund_id = pay(amount=1000, method="pm_card_refundFail"), uuid7()
    answers = at_once(*[lambda: give_back(payment, 400, refund_id=refund_id)] * 8)
    assert {answer.state for answer in answers} == {"failed"}
    payment.refresh_from_db()
    assert payment.refunded_amount == 0
