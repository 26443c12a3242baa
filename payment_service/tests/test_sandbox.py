"""The embedded provider behaves like one."""

from functools import partial

import pytest

from chassis.ids import uuid7
from chassis.money import Money
from payments.providers import ProviderRefusedError, Verdict
from sandbox.errors import IntentMismatchError
from sandbox.models import SandboxEvent, SandboxIntent
from sandbox.provider import SandboxProvider
from tests.calls import at_once, money_taken

pytestmark = pytest.mark.django_db(transaction=True)

provider = SandboxProvider()


def created(method: str = "pm_card_visa") -> str:
    return provider.create(
        payment_id=uuid7(), amount=Money(1000, "EUR"), payment_method=method, metadata={"order": "1"}
    ).reference


def test_creating_takes_nothing_and_the_same_payment_finds_its_intent() -> None:
    payment_id = uuid7()
    asked = {"payment_id": payment_id, "amount": Money(1000, "EUR"), "payment_method": "pm_card_visa"}
    first = provider.create(**asked, metadata={})  # type: ignore[arg-type]
    assert (first.verdict, money_taken(payment_id)) == (Verdict.UNCONFIRMED, 0)
    assert provider.create(**asked, metadata={}) == first  # type: ignore[arg-type]
    with pytest.raises(IntentMismatchError):
        provider.create(**{**asked, "amount": Money(1001, "EUR")}, metadata={})  # type: ignore[arg-type]
    assert SandboxIntent.objects.get().amount == 1000


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"])
def test_an_intent_is_decided_once_however_often_it_is_confirmed(method: str) -> None:
    reference = created(method)
    answers = at_once(*[lambda: provider.confirm(reference=reference)] * 8)
    assert len(set(answers)) == 1
    assert SandboxEvent.objects.count() == 2
    assert provider.retrieve(reference=reference) == answers[0]


def test_confirming_and_cancelling_at_once_decide_an_intent_once() -> None:
    for _turn in range(20):
        reference = created()
        verdicts = {
            answer.verdict
            for answer in at_once(
                partial(provider.confirm, reference=reference),
                partial(provider.cancel, reference=reference),
            )
        }
        assert verdicts in ({Verdict.CAPTURED}, {Verdict.CANCELLED})


def test_an_intent_that_waits_for_its_buyer_may_be_cancelled_and_takes_nothing() -> None:
    reference = created("pm_card_authenticationRequired")
    assert provider.confirm(reference=reference).verdict == Verdict.REQUIRES_ACTION
    assert provider.cancel(reference=reference).verdict == Verdict.CANCELLED
    assert provider.confirm(reference=reference).verdict == Verdict.CANCELLED


def test_more_than_was_taken_is_not_given_back() -> None:
    reference = created()
    with pytest.raises(ProviderRefusedError, match="charge_not_captured"):
        provider.refund(reference=reference, refund_id=uuid7(), amount=Money(1, "EUR"))
    provider.confirm(reference=reference)
    with pytest.raises(ProviderRefusedError, match="amount_too_large"):
        provider.refund(reference=reference, refund_id=uuid7(), amount=Money(1001, "EUR"))
    assert SandboxIntent.objects.get().refunded_amount == 0


def test_a_refund_of_other_parameters_under_a_known_id_is_a_defect() -> None:
    reference, refund_id = created(), uuid7()
    provider.confirm(reference=reference)
    provider.refund(reference=reference, refund_id=refund_id, amount=Money(1, "EUR"))
    with pytest.raises(IntentMismatchError):
        provider.refund(reference=reference, refund_id=refund_id, amount=Money(2, "EUR"))
    assert SandboxIntent.objects.get().refunded_amount == 1
