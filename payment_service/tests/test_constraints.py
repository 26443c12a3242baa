"""What the database refuses, whatever Python does."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from chassis.ids import uuid7
from payments.models import Payment, Refund
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund

pytestmark = pytest.mark.django_db


def whole(**changes: Any) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "order": uuid7(),
        "buyer": uuid7(),
        "amount": 1000,
        "currency": "EUR",
        "payment_method": "pm_card_visa",
        "state": "processing",
        "provider": "sandbox",
        "provider_reference": f"pi_{uuid7().hex}",
        **changes,
    }


def captured(**changes: Any) -> dict[str, Any]:
    return whole(**{"state": "captured", "captured_at": Now(), **changes})


def tombstone(**changes: Any) -> dict[str, Any]:
    return {"id": uuid7(), "currency": "EUR", "state": "cancelled", **changes}


def refused(constraint: str, model: Any, **values: Any) -> None:
    count = model.objects.count()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.create(**values)
    assert model.objects.count() == count


def test_the_valid_rows_that_the_others_are_variations_of_are_accepted() -> None:
    Payment.objects.create(**whole())
    Payment.objects.create(**whole(state="requires_action"))
    Payment.objects.create(**captured(refunded_amount=1000))
    Payment.objects.create(**whole(state="declined", decline_code="generic_decline"))
    Payment.objects.create(**whole(state="cancelled"))
    Payment.objects.create(**whole(state="cancelled", decline_code="authentication_required"))
    Payment.objects.create(**whole(state="expired"))
    Payment.objects.create(**tombstone())


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("payment_state_known", whole(state="paid")),
        ("payment_whole_or_tombstone", whole(amount=0)),
        ("payment_whole_or_tombstone", whole(amount=-1)),
        ("payment_whole_or_tombstone", whole(amount=None)),
        ("payment_whole_or_tombstone", whole(order=None)),
        ("payment_whole_or_tombstone", whole(buyer=None)),
        ("payment_whole_or_tombstone", whole(payment_method=None)),
        ("payment_whole_or_tombstone", tombstone(state="processing")),
        ("payment_whole_or_tombstone", tombstone(state="captured", captured_at=Now(), provider_reference="pi_1")),
        ("payment_whole_or_tombstone", tombstone(amount=1)),
        ("payment_whole_or_tombstone", tombstone(order=uuid7())),
        ("payment_whole_or_tombstone", tombstone(provider_reference="pi_1")),
        ("payment_whole_or_tombstone", tombstone(decline_code="generic_decline")),
        ("payment_refunded_within_captured", captured(refunded_amount=1001)),
        ("payment_refunded_within_captured", captured(refunded_amount=-1)),
        ("payment_refunded_within_captured", whole(refunded_amount=1)),
        ("payment_refunded_within_captured", tombstone(refunded_amount=1)),
        ("payment_captured_at_iff_captured", whole(state="captured")),
        ("payment_captured_at_iff_captured", whole(captured_at=Now())),
        ("payment_captured_at_iff_captured", whole(state="cancelled", captured_at=Now())),
        ("payment_decline_code_when_declined", whole(state="declined")),
        ("payment_decline_code_when_declined", whole(decline_code="generic_decline")),
        ("payment_decline_code_when_declined", captured(decline_code="generic_decline")),
        ("payment_captured_under_a_reference", captured(provider_reference="")),
    ],
)
def test_a_payment_that_cannot_be_is_refused(constraint: str, values: dict[str, Any]) -> None:
    refused(constraint, Payment, **values)


@pytest.mark.parametrize("first", [whole(), whole(state="requires_action"), captured()])
@pytest.mark.parametrize("second", [whole(), whole(state="requires_action"), captured()])
def test_an_order_has_one_payment_under_way_or_captured(first: dict[str, Any], second: dict[str, Any]) -> None:
    order = uuid7()
    Payment.objects.create(**{**first, "id": uuid7(), "order": order, "provider_reference": "pi_1"})
    refused(
        "payment_one_live_per_order",
        Payment,
        **{**second, "id": uuid7(), "order": order, "provider_reference": "pi_2"},
    )


@pytest.mark.parametrize(
    "ended", [whole(state="cancelled"), whole(state="declined", decline_code="generic_decline"), whole(state="expired")]
)
def test_what_ended_without_money_leaves_the_order_free(ended: dict[str, Any]) -> None:
    order = uuid7()
    Payment.objects.create(**{**ended, "order": order})
    Payment.objects.create(**whole(order=order))


def test_an_intent_belongs_to_one_payment() -> None:
    Payment.objects.create(**whole(provider_reference="pi_1"))
    refused("payment_reference_once", Payment, **whole(provider_reference="pi_1"))


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("refund_state_known", {"state": "done", "settled_at": Now()}),
        ("refund_amount_positive", {"amount": 0}),
        ("refund_amount_positive", {"amount": -1}),
        ("refund_settled_at_iff_settled", {"state": "succeeded"}),
        ("refund_settled_at_iff_settled", {"settled_at": Now()}),
    ],
)
def test_a_refund_that_cannot_be_is_refused(constraint: str, values: dict[str, Any]) -> None:
    payment = Payment.objects.create(**captured())
    refused(constraint, Refund, **{"id": uuid7(), "payment": payment, "amount": 1, "state": "pending", **values})


def intent(**changes: Any) -> dict[str, Any]:
    return {
        "payment": uuid7(),
        "amount": 1000,
        "currency": "EUR",
        "payment_method": "pm_card_visa",
        "status": "requires_confirmation",
        **changes,
    }


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("sandbox_intent_status_known", intent(status="paid")),
        ("sandbox_intent_amount_positive", intent(amount=0)),
        ("sandbox_intent_succeeded_at_iff_succeeded", intent(status="succeeded")),
        ("sandbox_intent_succeeded_at_iff_succeeded", intent(succeeded_at=Now())),
        ("sandbox_intent_canceled_at_iff_canceled", intent(status="canceled")),
        ("sandbox_intent_canceled_at_iff_canceled", intent(canceled_at=Now())),
        ("sandbox_intent_decline_code_iff_declined", intent(status="requires_payment_method")),
        ("sandbox_intent_decline_code_iff_declined", intent(decline_code="generic_decline")),
        ("sandbox_intent_refunded_within_amount", intent(refunded_amount=1)),
        (
            "sandbox_intent_refunded_within_amount",
            intent(status="succeeded", succeeded_at=Now(), refunded_amount=1001),
        ),
    ],
)
def test_an_intent_that_cannot_be_is_refused(constraint: str, values: dict[str, Any]) -> None:
    refused(constraint, SandboxIntent, **values)


def test_a_payment_has_one_intent() -> None:
    first = SandboxIntent.objects.create(**intent())
    refused("sandbox_sandboxintent_payment", SandboxIntent, **intent(payment=first.payment))


def test_the_book_decides_an_intent_once() -> None:
    row = SandboxIntent.objects.create(**intent())
    SandboxEvent.objects.create(intent=row, type="payment_intent.succeeded", moved_amount=1000)
    refused("sandbox_intent_decided_once", SandboxEvent, intent=row, type="payment_intent.canceled")
    refused("sandbox_intent_decided_once", SandboxEvent, intent=row, type="payment_intent.payment_failed")
    refused("sandbox_intent_decided_once", SandboxEvent, intent=row, type="payment_intent.succeeded", moved_amount=1000)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("sandbox_event_type_known", {"type": "gift"}),
        ("sandbox_event_moves_what_it_says", {"type": "payment_intent.succeeded"}),
        ("sandbox_event_moves_what_it_says", {"type": "payment_intent.canceled", "moved_amount": 1}),
        ("sandbox_event_moves_what_it_says", {"type": "refund.succeeded", "moved_amount": 1}),
        ("sandbox_event_moves_what_it_says", {"type": "refund.succeeded", "moved_amount": -1}),
    ],
)
def test_a_line_of_the_book_moves_what_it_says(constraint: str, values: dict[str, Any]) -> None:
    refused(constraint, SandboxEvent, intent=SandboxIntent.objects.create(**intent()), **values)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [("sandbox_refund_status_known", {"status": "done"}), ("sandbox_refund_amount_positive", {"amount": 0})],
)
def test_a_refund_in_the_book_that_cannot_be_is_refused(constraint: str, values: dict[str, Any]) -> None:
    row = SandboxIntent.objects.create(**intent())
    refused(
        constraint, SandboxRefund, **{"refund": uuid7(), "intent": row, "amount": 1, "status": "succeeded", **values}
    )


def test_the_book_decides_a_refund_once() -> None:
    row = SandboxIntent.objects.create(**intent())
    refund = SandboxRefund.objects.create(refund=uuid7(), intent=row, amount=1, status="succeeded")
    SandboxEvent.objects.create(intent=row, refund=refund, type="refund.succeeded", moved_amount=-1)
    refused("sandbox_refund_decided_once", SandboxEvent, intent=row, refund=refund, type="refund.failed")
