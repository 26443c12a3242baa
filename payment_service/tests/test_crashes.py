"""The service dies between two steps: what was committed stays, and the next call continues from there."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from chassis.ids import uuid7
from payments import services
from payments.errors import ProviderUnreachableError
from payments.models import Payment
from payments.providers import IntentOutcome, ProviderUnavailableError, Verdict
from payments.states import PaymentState
from payments.tasks import settle_stuck_payments
from sandbox.models import SandboxIntent
from sandbox.provider import SandboxProvider
from tests.calls import assert_both_sides_agree, money_taken, pay

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Stands for the process's end: nothing catches it."""


def die(*_args: object, **_kwargs: object) -> None:
    raise Killed


def die_after(function: Callable[..., object]) -> Callable[..., object]:
    def run(*args: object, **kwargs: object) -> None:
        function(*args, **kwargs)
        raise Killed

    return run


DEATHS: dict[str, tuple[object, str, Callable[[Callable[..., object]], Callable[..., object]]]] = {
    "before the intent": (SandboxProvider, "create", lambda _function: die),
    "intent created": (SandboxProvider, "create", die_after),
    "reference noted": (services, "note_reference", die_after),
    "before confirming": (SandboxProvider, "confirm", lambda _function: die),
    "money taken": (SandboxProvider, "confirm", die_after),
    "before the verdict is written": (services, "settle", lambda _function: die),
    "verdict written": (services, "settle", die_after),
}
TAKEN = {"money taken", "before the verdict is written", "verdict written"}


def killed(monkeypatch: pytest.MonkeyPatch, death: str) -> Callable[[], Payment]:
    """Kill a payment at the named moment; return the same call, to be made again."""
    payment_id, order, buyer = uuid7(), uuid7(), uuid7()
    place, name, how = DEATHS[death]
    with monkeypatch.context() as patch:
        patch.setattr(place, name, how(getattr(place, name)))
        with pytest.raises(Killed):
            pay(payment_id, order=order, buyer=buyer)
    return lambda: pay(payment_id, order=order, buyer=buyer)


@pytest.mark.parametrize("death", DEATHS)
def test_the_same_payment_again_is_captured_once(monkeypatch: pytest.MonkeyPatch, death: str) -> None:
    payment = killed(monkeypatch, death)()
    assert payment.state == PaymentState.CAPTURED
    assert money_taken(payment.pk) == 1000
    assert SandboxIntent.objects.count() == 1


@pytest.mark.parametrize("death", DEATHS)
def test_cancelling_says_what_the_provider_did(monkeypatch: pytest.MonkeyPatch, death: str) -> None:
    again = killed(monkeypatch, death)
    payment_id = Payment.objects.get().pk
    expected = PaymentState.CAPTURED if death in TAKEN else PaymentState.CANCELLED
    assert services.cancel_payment(payment_id=payment_id).state == expected
    assert again().state == expected
    assert_both_sides_agree(payment_id)


@pytest.mark.parametrize("death", DEATHS)
def test_a_stuck_payment_takes_the_providers_verdict_and_no_other(monkeypatch: pytest.MonkeyPatch, death: str) -> None:
    killed(monkeypatch, death)
    if death != "verdict written":
        settle_stuck_payments()
        assert Payment.objects.get().state == PaymentState.PROCESSING  # younger than ten minutes
    Payment.objects.update(created_at=Now() - timedelta(minutes=11))
    settle_stuck_payments()
    payment = Payment.objects.get()
    assert payment.state == (PaymentState.CAPTURED if death in TAKEN else PaymentState.PROCESSING)
    assert payment.is_decided == (death in TAKEN)


def test_a_provider_that_is_away_leaves_stuck_payments_for_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    killed(monkeypatch, "money taken")
    Payment.objects.update(created_at=Now() - timedelta(minutes=11))
    with monkeypatch.context() as patch:
        patch.setattr(SandboxProvider, "retrieve", _away)
        settle_stuck_payments()
        assert Payment.objects.get().state == PaymentState.PROCESSING
    settle_stuck_payments()
    assert Payment.objects.get().state == PaymentState.CAPTURED


def test_a_late_confirmation_of_a_cancelled_payment_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is held back between its second and third step until its compensation has been answered."""
    payment_id = uuid7()
    confirm = SandboxProvider.confirm

    def held_back(provider: SandboxProvider, *, reference: str) -> object:
        assert services.cancel_payment(payment_id=payment_id).state == PaymentState.CANCELLED
        return confirm(provider, reference=reference)

    monkeypatch.setattr(SandboxProvider, "confirm", held_back)
    assert pay(payment_id).state == PaymentState.CANCELLED
    assert_both_sides_agree(payment_id)


def test_a_payment_held_back_before_its_intent_until_it_is_cancelled_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payment_id = uuid7()
    create = SandboxProvider.create

    def held_back(provider: SandboxProvider, **asked: object) -> object:
        monkeypatch.setattr(SandboxProvider, "create", create)
        assert services.cancel_payment(payment_id=payment_id).state == PaymentState.CANCELLED
        return create(provider, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(SandboxProvider, "create", held_back)
    assert pay(payment_id).state == PaymentState.CANCELLED
    assert SandboxIntent.objects.get().status == "canceled"
    assert_both_sides_agree(payment_id)


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"])
@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_that_comes_late_changes_nothing_and_a_contradiction_is_reported(
    method: str, verdict: Verdict, caplog: pytest.LogCaptureFixture
) -> None:
    payment = pay(method=method)
    before = Payment.objects.values().get()
    late = IntentOutcome(reference=payment.provider_reference, verdict=verdict, decline_code="lost_card")
    assert services.settle(payment_id=payment.pk, outcome=late).state == payment.state
    assert Payment.objects.values().get() == before
    contradicts = verdict.value in {"captured", "declined", "cancelled"} and verdict.value != payment.state
    assert ("payment and provider disagree" in caplog.text) == contradicts


@pytest.mark.parametrize("call", ["create", "confirm", "cancel", "refund"])
def test_no_transaction_is_open_around_a_call_to_the_provider(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    seen: list[bool] = []
    original = getattr(SandboxProvider, call)

    def watched(*args: object, **kwargs: object) -> object:
        seen.append(connection.in_atomic_block)
        return original(*args, **kwargs)

    monkeypatch.setattr(SandboxProvider, call, watched)
    if call == "cancel":
        pay(method="pm_card_authenticationRequired")
    else:
        payment = pay()
        money = payment.money
        assert money is not None
        services.refund_payment(refund_id=uuid.uuid4(), payment_id=payment.pk, amount=money, reason="")
    assert seen == [False]


def test_paying_inside_a_callers_transaction_is_a_defect_that_shows() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        pay()
    assert Payment.objects.count() == 0


def test_an_intent_missing_from_the_book_is_no_verdict() -> None:
    """A book restored from an older backup does not prove that nothing was taken."""
    Payment.objects.create(
        id=uuid7(),
        order=uuid7(),
        buyer=uuid7(),
        amount=1000,
        currency="EUR",
        payment_method="pm_card_visa",
        state=PaymentState.PROCESSING,
        provider="sandbox",
        provider_reference="pi_sandbox_lost",
    )
    with pytest.raises(ProviderUnreachableError):
        services.cancel_payment(payment_id=Payment.objects.get().pk)
    assert Payment.objects.get().state == PaymentState.PROCESSING


def _away(*_args: object, **_kwargs: object) -> None:
    raise ProviderUnavailableError("away")
