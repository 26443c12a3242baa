"""Starting, repeating and cancelling checkouts."""

import time
import uuid

from django.conf import settings

from chassis.idempotency.replay import KeyReusedError
from chassis.identity.models import User
from chassis.money import Money
from chassis.statements import row
from checkouts.errors import (
    CheckoutCancelledError,
    CheckoutDecidedError,
    EmailNotVerifiedError,
)
from checkouts.saga import CHECKOUT, checkout_id, fingerprint
from checkouts.selectors import get_checkout
from gateways import inventory
from sagas.engine import Drive, OvertakenError, call_off, start
from sagas.models import Saga
from sagas.states import Direction, SagaState

POLL_SECONDS = 0.05


def check_out(
    *,
    buyer: User,
    key: str,
    cart_id: uuid.UUID,
    cart_version: int | None,
    shipping_address: uuid.UUID,
    payment_method: str,
    expected_total: Money,
    headers: dict[str, str],
) -> Saga:
    """Buy what is in the cart, or meet the checkout that `key` named before; return it as it stands after a while.

    `cart_version` is that of the cart which the buyer saw. Without it the cart is looked at first, so that a checkout
    which is resumed later does not buy what was put into it meanwhile; what its service refuses then, or that it is
    down, is raised before anything is written, and the key is unused. Raises `EmailNotVerifiedError`, `KeyReusedError`.
    """
    if not buyer.email_verified:
        raise EmailNotVerifiedError()
    asked = {
        "cart": str(cart_id),
        "shipping_address": str(shipping_address),
        "payment_method": payment_method,
        "expected_total": expected_total.as_json(),
    }
    digest = fingerprint(asked)
    saga_id = checkout_id(account_id=buyer.id, key=key)
    if known := row(Saga, pk=saga_id):
        return _met(known, digest)
    if cart_version is None:
        cart_version = inventory.get_cart(cart_id=cart_id, headers=headers)["version"]
    drive = start(
        kind=CHECKOUT.kind,
        saga_id=saga_id,
        account_id=buyer.id,
        fingerprint=digest,
        data={**asked, "cart_version": cart_version, "email": buyer.email},
    )
    if drive is None:
        return _met(Saga.objects.get(pk=saga_id), digest)
    return _driven(drive)


def cancel_checkout(*, account_id: uuid.UUID, saga_id: uuid.UUID) -> Saga:
    """Call an undecided checkout off, which frees its cart; repeatable.

    Raises `CheckoutNotFoundError`, and `CheckoutDecidedError` when it has been paid.
    """
    get_checkout(account_id=account_id, saga_id=saga_id)
    drive = call_off(saga_id, reason=CheckoutCancelledError())
    saga = _driven(drive) if drive is not None else _awaited(Saga.objects.get(pk=saga_id))
    if saga.direction == Direction.FORWARD:
        raise CheckoutDecidedError(data={"checkout": str(saga_id)})
    return saga


def _driven(drive: Drive) -> Saga:
    try:
        return drive.run(seconds=settings.CHECKOUT_SECONDS)
    except OvertakenError:
        return _awaited(Saga.objects.get(pk=drive.saga.pk))


def _met(saga: Saga, digest: str) -> Saga:
    if saga.fingerprint != digest:
        raise KeyReusedError()
    return _awaited(saga)


def _awaited(saga: Saga) -> Saga:
    """Watch a checkout that somebody else drives until it ends, or until the answer cannot wait longer."""
    until = time.monotonic() + settings.CHECKOUT_SECONDS
    while saga.state == SagaState.RUNNING and saga.lease_owner is not None and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        saga.refresh_from_db()
    return saga
