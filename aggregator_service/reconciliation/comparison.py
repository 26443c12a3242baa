"""Where services differ after one of them went back in time, why, and what mends it: pure functions.

The checkout is the measure: it wrote down each intent before it acted, and each answer before it went on. What it knows
and a service does not, the service has forgotten; what services know and no checkout does, the aggregator has.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from audits.rules import UNDECIDED
from audits.snapshot import Amount, Checkout, Payment
from reconciliation.world import Memory, World


class Repair(StrEnum):
    """What mends a difference, in the order in which repairs are made: money first, checkouts last.

    Each may be repeated, and says the same however often it is said.
    """

    RESTORE_PAYMENT = "restore_payment"
    RESTORE_REFUNDS = "restore_refunds"
    CANCEL_PAYMENT = "cancel_payment"
    REFUND_PAYMENT = "refund_payment"
    RELEASE_RESERVATION = "release_reservation"
    COMMIT_RESERVATION = "commit_reservation"
    RESTORE_RESERVATION = "restore_reservation"
    RESTORE_ORDER = "restore_order"
    REJECT_ORDER = "reject_order"
    RESTORE_ACCOUNT = "restore_account"
    END_LOGINS = "end_logins"
    RESTORE_CHECKOUT = "restore_checkout"
    CALL_OFF_CHECKOUT = "call_off_checkout"
    RESUME_CHECKOUT = "resume_checkout"


PROPOSALS = {
    Repair.RESTORE_PAYMENT: "write the payment down again, as its provider's book has it",
    Repair.RESTORE_REFUNDS: "write down again what its provider's book says was given back",
    Repair.CANCEL_PAYMENT: "call the payment off",
    Repair.REFUND_PAYMENT: "give the money back",
    Repair.RELEASE_RESERVATION: "release it, and open the cart again",
    Repair.COMMIT_RESERVATION: "let what was bought leave the stock, and close the cart",
    Repair.RESTORE_RESERVATION: "take the stock again, and the cart with it",
    Repair.RESTORE_ORDER: "bring the order to what its checkout knows of it",
    Repair.REJECT_ORDER: "call the order off",
    Repair.RESTORE_ACCOUNT: "bring the account back, verified or with a mailed link to choose a password",
    Repair.END_LOGINS: "end these logins: who is signed in signs in again",
    Repair.RESTORE_CHECKOUT: "write the checkout down again, and take it to its end",
    Repair.CALL_OFF_CHECKOUT: "call it off for the same reason",
    Repair.RESUME_CHECKOUT: "try again",
}
"""The same in words."""

PHASES = {repair: number for number, repair in enumerate(Repair)}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something on which services differ. `code` is stable, for programs; `ids` say of what.

    One without a repair is for a person.
    """

    code: str
    cause: str
    repair: Repair | None
    ids: tuple[tuple[str, str], ...]

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        return self.code, self.ids

    @property
    def subject(self) -> str:
        return ", ".join(f"{name} {ident}" for name, ident in self.ids)

    def about(self, name: str) -> str:
        """The id of that name."""
        return dict(self.ids)[name]


def ids_of(subject: str) -> tuple[tuple[str, str], ...]:
    """The ids that a difference's subject was made of."""
    return tuple((name, ident) for name, _space, ident in (part.partition(" ") for part in subject.split(", ")))


def compare(world: World) -> list[Difference]:
    """All differences, in the order in which they are to be repaired; those for a person come last."""
    found = {difference.key: difference for rule in RULES for difference in rule(world)}
    last = len(PHASES)
    return sorted(found.values(), key=lambda each: (PHASES.get(each.repair, last) if each.repair else last, each.key))


def _difference(code: str, cause: str, repair: Repair | None, **ids: object) -> Difference:
    return Difference(code, cause, repair, tuple((name, str(value)) for name, value in ids.items()))


def _because(world: World, service: str, otherwise: str = "") -> str:
    """Why a service may have forgotten something, as the end of a sentence."""
    for restore in world.restores:
        if restore.service == service:
            return f": {service} went back to {restore.recovery_point:%Y-%m-%d %H:%M:%S} UTC."
    return f": {otherwise}." if otherwise else "."


def _bought(checkout: Checkout, memory: Memory) -> bool:
    return checkout.state == "completed" or memory.passed


# Orders


def orders_are_as_their_checkouts_know(world: World) -> Iterator[Difference]:
    for checkout, memory in world.checkouts():
        if checkout.order in world.seen.orders:
            yield from _known_order(world, checkout, memory)
            continue
        ids = {"checkout": checkout.id, "order": checkout.order}
        repair = Repair.RESTORE_ORDER if memory.placed else None
        if _bought(checkout, memory):
            cause = "The order of a checkout that was paid is missing" + _because(world, "orders")
            yield _difference("order_missing", cause, repair, **ids)
        elif memory.placed and (checkout.state == "compensated" or not memory.backward):
            cause = f"The order of a {checkout.state} checkout is missing" + _because(world, "orders")
            yield _difference("order_missing", cause, repair, **ids)


def _known_order(world: World, checkout: Checkout, memory: Memory) -> Iterator[Difference]:
    order = world.seen.orders[checkout.order]
    ids = {"checkout": checkout.id, "order": order.id}
    if checkout.state == "completed" and order.state == "pending":
        cause = "The order of a completed checkout is still pending" + _because(world, "orders")
        yield _difference("order_not_confirmed", cause, Repair.RESTORE_ORDER if memory.placed else None, **ids)
    elif _bought(checkout, memory) and order.state == "rejected":
        yield _difference("order_called_off", "The order of a checkout that was paid was called off.", None, **ids)
    elif checkout.state == "compensated" and order.state == "pending":
        cause = "The order of a checkout that was called off is still pending" + _because(world, "orders")
        yield _difference("order_not_called_off", cause, Repair.REJECT_ORDER, **ids)
    elif checkout.state == "compensated" and order.state == "confirmed":
        yield _difference("order_not_called_off", "The order of a checkout that was called off is firm.", None, **ids)


# Money


def payments_are_as_their_checkouts_know(world: World) -> Iterator[Difference]:
    for checkout, memory in world.checkouts():
        payment = world.seen.payments.get(checkout.payment)
        ids = {"checkout": checkout.id, "payment": checkout.payment}
        if _bought(checkout, memory):
            if payment is None:
                cause = "The payment of a checkout that was paid is missing" + _because(world, "payment")
                yield _difference("payment_missing", cause, Repair.RESTORE_PAYMENT, **ids)
            elif payment.state in UNDECIDED:
                cause = f"The payment of a checkout that was paid is {payment.state}" + _because(world, "payment")
                yield _difference("payment_not_captured", cause, Repair.RESTORE_PAYMENT, **ids)
            elif payment.state != "captured":
                cause = f"A checkout knows that it was paid; its payment is {payment.state}."
                yield _difference("payment_contradicts", cause, None, **ids)
        elif checkout.state == "compensated" and payment is not None:
            if payment.state in UNDECIDED:
                cause = f"The payment of a checkout that was called off is {payment.state}" + _because(world, "payment")
                yield _difference("payment_not_called_off", cause, Repair.CANCEL_PAYMENT, **ids)
            elif _kept(payment):
                cause = "A checkout was called off, and its buyer's money was taken."
                yield _difference("payment_of_failed_checkout", cause, Repair.REFUND_PAYMENT, **ids)


def _kept(payment: Payment) -> int:
    """Minor units that were taken and not given back."""
    taken = payment.amount.amount if payment.amount is not None and payment.state == "captured" else 0
    return taken - payment.refunded


def the_providers_book_is_written_down(world: World) -> Iterator[Difference]:
    """What the provider knows of has a payment; by that it is given back where nobody bought anything with it."""
    checkout_of = {checkout.payment: checkout for checkout in world.seen.checkouts.values()}
    forgotten = {memo.payment for memo in world.memos}
    for entry in world.seen.book:
        if entry.payment in world.seen.payments or not world.seen.judges(entry.created_at):
            continue
        checkout = checkout_of.get(entry.payment)
        if checkout is not None and entry.taken.amount:
            cause = f"The provider took {entry.taken}; its payment is missing" + _because(world, "payment")
            ids = {"checkout": checkout.id, "payment": entry.payment}
            yield _difference("payment_missing", cause, Repair.RESTORE_PAYMENT, **ids)
        elif checkout is not None and checkout.state == "compensated":
            cause = "The provider knows of a payment that is missing, and took nothing" + _because(world, "payment")
            ids = {"checkout": checkout.id, "payment": entry.payment}
            yield _difference("payment_missing", cause, Repair.CANCEL_PAYMENT, **ids)
        elif checkout is None and entry.payment not in forgotten and entry.taken.amount:
            cause = f"The provider took {entry.taken} for a payment that nobody knows."
            yield _difference("money_of_nobody", cause, None, payment=entry.payment)


def what_was_given_back_is_written_down(world: World) -> Iterator[Difference]:
    """Else it could be given back once more. What is pending may have been given back, and the answer be lost."""
    given: Counter[UUID] = Counter()
    for entry in world.seen.book:
        given[entry.payment] += entry.refunded.amount
    for payment in world.seen.payments.values():
        missing = given[payment.id] - (payment.refunded - payment.refunds_pending)
        if payment.amount is not None and payment.state == "captured" and missing > 0:
            amount = Amount(missing, payment.amount.currency)
            cause = f"The provider gave {amount} back that is not written down" + _because(world, "payment")
            yield _difference("refund_missing", cause, Repair.RESTORE_REFUNDS, payment=payment.id)


# Stock and carts


def reservations_are_as_their_checkouts_know(world: World) -> Iterator[Difference]:
    for checkout, memory in world.checkouts():
        reservation = world.seen.reservations.get(checkout.reservation)
        ids = {"checkout": checkout.id, "reservation": checkout.reservation}
        because = _because(world, "inventory")
        if reservation is None and checkout.state == "compensated":
            # So that it can tell of its checkout, should that be forgotten one day, and stays called off.
            cause = f"The reservation of a checkout that was called off is missing{because}"
            yield _difference("reservation_missing", cause, Repair.RELEASE_RESERVATION, **ids)
        elif reservation is None:
            if not memory.backward and (memory.reserved or _bought(checkout, memory)):
                what = "sold" if checkout.state == "completed" else "held"
                cause = f"What a checkout {what} is not taken out of the stock any more{because}"
                repair = Repair.RESTORE_RESERVATION if memory.reserved else None
                yield _difference("reservation_missing", cause, repair, **ids)
        elif checkout.state == "completed" and reservation.state == "live":
            cause = f"What was bought is still held, and its cart in checkout{because}"
            yield _difference("reservation_not_committed", cause, Repair.COMMIT_RESERVATION, **ids)
        elif checkout.state == "compensated" and reservation.state == "live":
            cause = f"A checkout was called off, and still holds stock and cart{because}"
            yield _difference("reservation_not_released", cause, Repair.RELEASE_RESERVATION, **ids)
        elif _bought(checkout, memory) and reservation.state == "released":
            yield _difference("reservation_called_off", "What was paid for was given back to the stock.", None, **ids)
        elif checkout.state == "compensated" and reservation.state == "committed":
            cause = "A checkout was called off, and its goods have left the stock."
            yield _difference("reservation_not_released", cause, None, **ids)


# Accounts


def buyers_have_their_accounts(world: World) -> Iterator[Difference]:
    checkouts = sorted(world.checkouts(), key=lambda each: (each[1].buyer_known, each[0].created_at), reverse=True)
    seen = set()
    for checkout, memory in checkouts:
        if checkout.buyer in seen:
            continue
        seen.add(checkout.buyer)
        ids = {"account": checkout.buyer, "checkout": checkout.id}
        repair = Repair.RESTORE_ACCOUNT if memory.buyer_known else None
        if checkout.buyer not in world.accounts:
            cause = "A buyer has no account any more" + _because(world, "auth")
            yield _difference("account_missing", cause, repair, **ids)
        elif not world.accounts[checkout.buyer]:
            cause = "A buyer's address is not verified any more" + _because(world, "auth")
            yield _difference("account_not_verified", cause, repair, **ids)


def sellers_have_their_accounts(world: World) -> Iterator[Difference]:
    sellers = {line.seller for order in world.seen.orders.values() for line in order.lines}
    for seller in sellers - world.accounts.keys():
        cause = "A seller whose goods were ordered has no account any more" + _because(world, "auth")
        yield _difference("seller_missing", cause, None, account=seller)


def logins_of_the_past_have_ended(world: World) -> Iterator[Difference]:
    if world.past_logins:
        cause = f"{world.past_logins} logins are open again, and some of them had ended or were stolen" + _because(
            world, "auth"
        )
        yield _difference("logins_resurrected", cause, Repair.END_LOGINS, before=_recovery_point(world, "auth"))


def _recovery_point(world: World, service: str) -> datetime | None:
    return next((each.recovery_point for each in world.restores if each.service == service), None)


# Checkouts


def what_checkouts_made_has_its_checkout(world: World) -> Iterator[Difference]:
    """An aggregator that forgot checkouts is told them by their reservations."""
    because = _because(world, "aggregator")
    for memo in world.memos:
        cause = f"A reservation tells of a checkout that is missing{because}"
        yield _difference(
            "checkout_missing", cause, Repair.RESTORE_CHECKOUT, checkout=memo.checkout, reservation=memo.reservation
        )
    known = world.seen.checkouts.values()
    orders = {checkout.order for checkout in known} | {memo.order for memo in world.memos}
    payments = {checkout.payment for checkout in known} | {memo.payment for memo in world.memos}
    reservations = {checkout.reservation for checkout in known} | {memo.reservation for memo in world.memos}
    for order in world.seen.orders.values():
        if order.id not in orders and _would_be_known(world, order.created_at):
            cause = f"An order ({order.state}) is of no checkout{because}"
            yield _difference("order_of_no_checkout", cause, None, order=order.id)
    for payment in world.seen.payments.values():
        if payment.id not in payments and _would_be_known(world, payment.created_at):
            cause = f"A payment ({payment.state}) is of no checkout{because}"
            repair = _repair_of_payment_alone(world, payment)
            yield _difference("payment_of_no_checkout", cause, repair, payment=payment.id)
    for reservation in world.seen.reservations.values():
        if reservation.id not in reservations and _would_be_known(world, reservation.created_at):
            cause = f"A reservation ({reservation.state}) is of no checkout{because}"
            yield _difference("reservation_of_no_checkout", cause, None, reservation=reservation.id)


def _repair_of_payment_alone(world: World, payment: Payment) -> Repair | None:
    if payment.state in UNDECIDED:
        return Repair.CANCEL_PAYMENT
    return Repair.REFUND_PAYMENT if _kept(payment) and payment.order not in world.seen.orders else None


def _would_be_known(world: World, created_at: datetime) -> bool:
    """Whether a checkout that made something then should have been read, and not be forgotten for its age."""
    since = world.seen.checkouts_known_since
    return world.seen.judges(created_at) and created_at < world.seen.read_at and (since is None or created_at >= since)


def checkouts_end_as_they_had_ended(world: World) -> Iterator[Difference]:
    """One that runs again and had been called off ends for the reason that its buyer was told."""
    for checkout, memory in world.checkouts():
        reservation = world.seen.reservations.get(checkout.reservation)
        if checkout.state == "stuck":
            cause = f"A step that must succeed was refused: {checkout.last_error}"
            yield _difference("checkout_stuck", cause, Repair.RESUME_CHECKOUT, checkout=checkout.id)
        elif (
            checkout.state == "running"
            and not (memory.passed or memory.backward or memory.failing)
            and reservation is not None
            and reservation.state == "released"
            and (reservation.metadata or {}).get("failure")
        ):
            cause = "A checkout that had been called off runs again" + _because(world, "aggregator")
            ids = {"checkout": checkout.id, "reservation": reservation.id}
            yield _difference("checkout_called_off_before", cause, Repair.CALL_OFF_CHECKOUT, **ids)


RULES: tuple[Callable[[World], Iterator[Difference]], ...] = (
    orders_are_as_their_checkouts_know,
    payments_are_as_their_checkouts_know,
    the_providers_book_is_written_down,
    what_was_given_back_is_written_down,
    reservations_are_as_their_checkouts_know,
    buyers_have_their_accounts,
    sellers_have_their_accounts,
    logins_of_the_past_have_ended,
    what_checkouts_made_has_its_checkout,
    checkouts_end_as_they_had_ended,
)
