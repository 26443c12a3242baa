"""Makes repairs. Each asks the owner of the fact, under ids that are always the same: repeated, it changes nothing."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import translation

from checkouts.restoration import (
    call_off_as_before,
    context_of,
    remembered_order,
    remembered_payment,
    remembered_reservation,
    restore_checkout,
)
from checkouts.saga import ORDER, commit, part_id, reject_order, release
from gateways import audits, payments, reconciling
from gateways.calls import RefusedError
from reconciliation.comparison import Difference, Repair
from sagas.engine import OvertakenError, take
from sagas.models import Saga
from sagas.services import resume_stuck

DRIVE_SECONDS = 20.0
REFUND_REASON = "The purchase was called off."


def apply(difference: Difference) -> None:
    """Make the repair that a difference proposes.

    Raises `DomainError` where it is refused, or cannot be made, and `UnavailableError` where a service does not answer.
    """
    assert difference.repair is not None  # noqa: S101 - those for a person are not applied
    REPAIRS[difference.repair](difference)


def drive(checkout: UUID) -> None:
    """Take a running checkout as far towards its end as the services let it; nothing where somebody else drives it."""
    taken = take(checkout)
    if taken is None:
        return
    try:
        with translation.override(taken.saga.data.get("language", "en")):
            taken.run(seconds=DRIVE_SECONDS)
    except OvertakenError:
        return


def _saga(difference: Difference) -> Saga:
    return Saga.objects.get(pk=UUID(difference.about("checkout")))


def _restore_payment(difference: Difference) -> None:
    payment = UUID(difference.about("payment"))
    reconciling.restore_payment(payment_id=payment, remembered=remembered_payment(_saga(difference)))


def _restore_refunds(difference: Difference) -> None:
    reconciling.restore_refunds(payment_id=UUID(difference.about("payment")))


def _cancel_payment(difference: Difference) -> None:
    payments.cancel(payment_id=UUID(difference.about("payment")))


def _refund_payment(difference: Difference) -> None:
    """All that is left of it. The refund's id is the payment's own: there is one."""
    payment = UUID(difference.about("payment"))
    (found,) = audits.payments_named([payment])
    left = found["amount"]["amount"] - found["refunded"]["amount"]
    if left:
        amount = {**found["amount"], "amount": left}
        refund_id = uuid.uuid5(payment, "reconcile")
        reconciling.refund(refund_id=refund_id, payment=payment, amount=amount, reason=REFUND_REASON)


def _restore_reservation(difference: Difference) -> None:
    reservation = UUID(difference.about("reservation"))
    reconciling.restore_reservation(reservation_id=reservation, remembered=remembered_reservation(_saga(difference)))


def _restore_order(difference: Difference) -> None:
    order = UUID(difference.about("order"))
    reconciling.restore_order(order_id=order, remembered=remembered_order(_saga(difference)))


def _restore_account(difference: Difference) -> None:
    saga = _saga(difference)
    address = (saga.data.get("order") or {}).get("shipping_address") or {}
    email = saga.data["email"]
    reconciling.restore_account(
        account_id=saga.account_id,
        email=email,
        full_name=address.get("full_name") or email.partition("@")[0],
        language=saga.data["language"][:2] if saga.data["language"][:2] in {"en", "fr"} else "en",
    )


def _restore_checkout(difference: Difference) -> None:
    (reservation,) = audits.reservations_named([UUID(difference.about("reservation"))])
    checkout = UUID(difference.about("checkout"))
    try:
        correspondent = reconciling.correspondent(order_id=part_id(checkout, ORDER))
    except RefusedError as exc:
        if exc.status != 404:
            raise
        correspondent = {"email": ""}  # no order was placed: there is nobody to write to
    with translation.override(reservation["metadata"]["language"]):
        restore_checkout(
            memo=reservation["metadata"],
            lines=reservation["lines"],
            currency=reservation["currency"],
            email=correspondent["email"],
            created_at=datetime.fromisoformat(reservation["created_at"]),
        )
    drive(checkout)


def _call_off_checkout(difference: Difference) -> None:
    (reservation,) = audits.reservations_named([UUID(difference.about("reservation"))])
    checkout = UUID(difference.about("checkout"))
    call_off_as_before(checkout=checkout, failure=reservation["metadata"]["failure"])
    drive(checkout)


def _resume_checkout(difference: Difference) -> None:
    checkout = UUID(difference.about("checkout"))
    resume_stuck(sagas=Saga.objects.filter(pk=checkout))
    drive(checkout)


def _step(call: Callable[..., object], difference: Difference) -> None:
    """A step of the checkout's own table."""
    call(context_of(_saga(difference)))


REPAIRS: dict[Repair, Callable[[Difference], None]] = {
    Repair.RESTORE_PAYMENT: _restore_payment,
    Repair.RESTORE_REFUNDS: _restore_refunds,
    Repair.CANCEL_PAYMENT: _cancel_payment,
    Repair.REFUND_PAYMENT: _refund_payment,
    Repair.RELEASE_RESERVATION: partial(_step, release),
    Repair.COMMIT_RESERVATION: partial(_step, commit),
    Repair.RESTORE_RESERVATION: _restore_reservation,
    Repair.RESTORE_ORDER: _restore_order,
    Repair.REJECT_ORDER: partial(_step, reject_order),
    Repair.RESTORE_ACCOUNT: _restore_account,
    Repair.END_LOGINS: lambda difference: reconciling.end_logins(
        opened_before=datetime.fromisoformat(difference.about("before"))
    ),
    Repair.RESTORE_CHECKOUT: _restore_checkout,
    Repair.CALL_OFF_CHECKOUT: _call_off_checkout,
    Repair.RESUME_CHECKOUT: _resume_checkout,
}
