"""What must be true of all services together: pure functions from a snapshot to findings.

Each holds at every moment of a live platform, but for what changed while it was read: a second look tells.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audits.snapshot import (
    Amount,
    BookEntry,
    Checkout,
    CheckoutAnswer,
    Line,
    Order,
    OrderShown,
    Payment,
    Reservation,
    Snapshot,
    Stock,
)

JOB_LATE_AFTER = timedelta(minutes=5)
"""Past every poll of a worker, and past the lease of one that died."""

LONGEST_LEASE = timedelta(hours=1)

NEVER_TAKEN = frozenset({"declined", "cancelled", "expired"})
"""States of payments by which nothing was or ever will be taken."""

UNDECIDED = frozenset({"processing", "requires_action"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. `code` is stable, for programs; `ids` say where to look."""

    code: str
    message: str
    ids: tuple[tuple[str, str], ...]

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The same in two reads if it is about the same things."""
        return self.code, self.ids


def audit(snapshot: Snapshot) -> list[Finding]:
    """All that is wrong, by code."""
    return sorted((found for rule in RULES for found in rule(snapshot)), key=lambda found: found.key)


def _finding(code: str, message: str, **ids: object) -> Finding:
    return Finding(code, message, tuple((name, str(value)) for name, value in ids.items()))


# Checkouts


def checkouts_come_to_an_end(seen: Snapshot) -> Iterator[Finding]:
    for checkout in seen.checkouts.values():
        if checkout.state == "stuck":
            message = f"A step that must succeed was refused for good: {checkout.last_error}"
            yield _finding("checkout_stuck", message, checkout=checkout.id)
        elif checkout.state == "running" and seen.read_at > checkout.due_by:
            message = f"Neither completed nor called off since {checkout.created_at:%Y-%m-%d %H:%M:%S}: "
            yield _finding("checkout_overdue", message + (checkout.last_error or "no error"), checkout=checkout.id)


def completed_checkouts_have_one_of_each(seen: Snapshot) -> Iterator[Finding]:
    """One confirmed order, one captured payment of its amount, one committed reservation of its lines."""
    for checkout in _judged_checkouts(seen, "completed"):
        yield from _completed(checkout, seen)


def _completed(checkout: Checkout, seen: Snapshot) -> Iterator[Finding]:
    order, payment = seen.orders.get(checkout.order), seen.payments.get(checkout.payment)
    reservation = seen.reservations.get(checkout.reservation)
    if checkout.answer_status != 201 or checkout.answered_order != checkout.order:
        message = f"It is completed and answers {checkout.answer_status} with the order {checkout.answered_order}."
        yield _finding("answer_differs", message, checkout=checkout.id, order=checkout.order)
    if order is None:
        yield _finding(
            "order_missing", "A completed checkout has no order.", checkout=checkout.id, order=checkout.order
        )
    else:
        yield from _completed_order(checkout, order, reservation)
    if payment is None:
        message = "A completed checkout has no payment."
        yield _finding("payment_missing", message, checkout=checkout.id, payment=checkout.payment)
    else:
        yield from _completed_payment(checkout, payment)
    if reservation is None:
        message = "A completed checkout has no reservation."
        yield _finding("reservation_missing", message, checkout=checkout.id, reservation=checkout.reservation)
    elif reservation.state != "committed":
        message = f"The reservation of a completed checkout is {reservation.state}."
        yield _finding("reservation_not_committed", message, checkout=checkout.id, reservation=reservation.id)
    buyers = {part.buyer for part in (order, payment, reservation) if part is not None}
    if buyers - {checkout.buyer}:
        yield _finding("buyer_differs", "The parts of a checkout belong to different buyers.", checkout=checkout.id)


def _completed_order(checkout: Checkout, order: Order, reservation: Reservation | None) -> Iterator[Finding]:
    ids = {"checkout": checkout.id, "order": order.id}
    if order.state != "confirmed":
        yield _finding("order_not_confirmed", f"The order of a completed checkout is {order.state}.", **ids)
    if order.total != checkout.expected_total:
        message = f"The order comes to {order.total}; its buyer agreed to {checkout.expected_total}."
        yield _finding("order_total_differs", message, **ids)
    if reservation is not None and Counter(order.lines) != Counter(reservation.lines):
        message = "What was ordered is not what was reserved."
        yield _finding("lines_differ", message, **ids, reservation=reservation.id)


def _completed_payment(checkout: Checkout, payment: Payment) -> Iterator[Finding]:
    ids = {"checkout": checkout.id, "payment": payment.id}
    if payment.state != "captured":
        yield _finding("payment_not_captured", f"The payment of a completed checkout is {payment.state}.", **ids)
    if payment.amount != checkout.expected_total:
        message = f"{payment.amount} was paid; the buyer agreed to {checkout.expected_total}."
        yield _finding("payment_amount_differs", message, **ids)
    if payment.order != checkout.order:
        yield _finding("payment_of_other_order", f"The payment is for the order {payment.order}.", **ids)


def failed_checkouts_leave_nothing(seen: Snapshot) -> Iterator[Finding]:
    """No live order, no reservation, no money that was not given back, by our books and by the provider's."""
    book = _book(seen)
    for checkout in _judged_checkouts(seen, "compensated"):
        order, payment = seen.orders.get(checkout.order), seen.payments.get(checkout.payment)
        reservation = seen.reservations.get(checkout.reservation)
        entries = book[checkout.payment]
        status = checkout.answer_status or 0
        if not 400 <= status < 500:
            message = f"It was called off and answers {status}."
            yield _finding("answer_differs", message, checkout=checkout.id, order=checkout.order)
        if order is not None and order.state != "rejected":
            message = f"The order of a checkout that was called off is {order.state}."
            yield _finding("order_of_failed_checkout", message, checkout=checkout.id, order=order.id)
        if payment is not None and payment.state not in NEVER_TAKEN and not _given_back(payment):
            message = f"The payment of a checkout that was called off is {payment.state}."
            yield _finding("payment_of_failed_checkout", message, checkout=checkout.id, payment=payment.id)
        for entry in entries:
            if entry.taken != entry.refunded or entry.authorised.amount:
                message = f"By the provider's book {entry.taken} was taken and {entry.authorised} may still be."
                yield _finding("money_of_failed_checkout", message, checkout=checkout.id, payment=entry.payment)
        if reservation is not None and reservation.state != "released":
            message = f"The reservation of a checkout that was called off is {reservation.state}."
            yield _finding("reservation_of_failed_checkout", message, checkout=checkout.id, reservation=reservation.id)


def _given_back(payment: Payment) -> bool:
    """Whether all that was taken was refunded, as reconcile does after a restore."""
    return payment.amount is not None and payment.refunded - payment.refunds_pending == payment.amount.amount


def nothing_stands_alone(seen: Snapshot) -> Iterator[Finding]:
    """Every part is of a checkout, and everything in the provider's book is a payment's."""
    checkouts = seen.checkouts.values()
    parts: tuple[tuple[str, set[UUID], dict[UUID, Order | Payment | Reservation]], ...] = (
        ("order", {checkout.order for checkout in checkouts}, {**seen.orders}),
        ("payment", {checkout.payment for checkout in checkouts}, {**seen.payments}),
        ("reservation", {checkout.reservation for checkout in checkouts}, {**seen.reservations}),
    )
    for name, known, rows in parts:
        for ident, part in rows.items():
            if ident not in known and _checkout_would_be_known(seen, part.created_at):
                yield _finding(f"{name}_of_no_checkout", f"It is {part.state} and of no checkout.", **{name: ident})
    for entry in seen.book:
        if entry.payment not in seen.payments and seen.judges(entry.created_at):
            message = f"The provider took {entry.taken} for a payment that does not exist; {entry.authorised} is open."
            yield _finding("book_entry_of_no_payment", message, payment=entry.payment)


def _checkout_would_be_known(seen: Snapshot, created_at: datetime) -> bool:
    """Checkouts are read first: what was created meanwhile may be of one that began meanwhile."""
    forgotten = seen.checkouts_known_since is not None and created_at < seen.checkouts_known_since
    return seen.judges(created_at) and not forgotten and created_at < seen.read_at


def orders_are_paid_once(seen: Snapshot) -> Iterator[Finding]:
    captured = defaultdict(list)
    for payment in seen.payments.values():
        if payment.state == "captured":
            captured[payment.order].append(payment)
    for order, payments in captured.items():
        if len(payments) > 1:
            message = f"An order was paid {len(payments)} times."
            twice = ",".join(sorted(str(payment.id) for payment in payments))
            yield _finding("order_paid_twice", message, order=order, payments=twice)
    completed = {checkout.order for checkout in seen.checkouts.values() if checkout.state == "completed"}
    for order_row in seen.orders.values():
        # Of a completed checkout's order its own rule says so.
        unpaid = order_row.id not in captured and order_row.id not in completed
        if order_row.state == "confirmed" and unpaid and seen.judges(order_row.created_at):
            yield _finding("order_not_paid", "An order is confirmed and was not paid.", order=order_row.id)


# Carts and stock


def carts_say_what_became_of_them(seen: Snapshot) -> Iterator[Finding]:
    """A cart is bought once, in checkout while a reservation of it lives, and else free to be edited."""
    of_cart = defaultdict(list)
    for reservation in seen.reservations.values():
        if reservation.cart is not None:
            of_cart[reservation.cart].append(reservation)
    for cart, reservations in of_cart.items():
        bought = [each for each in reservations if each.state == "committed"]
        if len(bought) > 1:
            message = f"A cart was bought {len(bought)} times."
            twice = ",".join(sorted(str(each.id) for each in bought))
            yield _finding("cart_bought_twice", message, cart=cart, reservations=twice)
        live = any(each.state == "live" for each in reservations)
        wanted = "closed" if bought else "in_checkout" if live else "open"
        newest = max(reservations, key=lambda each: each.created_at)
        if newest.cart_state != wanted and seen.judges(newest.created_at):
            message = f"A cart is {newest.cart_state}; by its reservations it should be {wanted}."
            yield _finding("cart_differs", message, cart=cart, reservation=newest.id)


def stock_adds_up(seen: Snapshot) -> Iterator[Finding]:
    for stock in seen.stock:
        yield from _stock(stock)


def _stock(stock: Stock) -> Iterator[Finding]:
    received, sold, lost = stock.receipts + stock.returns, -stock.sales, -stock.losses
    if min(stock.on_hand, stock.reserved, stock.held, sold) < 0:
        message = f"{stock.on_hand} on hand, {stock.reserved} reserved, {stock.held} held, {sold} sold."
        yield _finding("stock_negative", message, variant=stock.variant)
    if stock.reserved > stock.on_hand:
        message = f"{stock.reserved} are promised of {stock.on_hand}."
        yield _finding("oversold", message, variant=stock.variant)
    if stock.on_hand + sold + lost - stock.corrections != received:
        message = (
            f"{stock.on_hand} on hand + {sold} sold + {lost} lost - {stock.corrections} corrected"
            f" is not {received} received."
        )
        yield _finding("stock_off_ledger", message, variant=stock.variant)
    if stock.reserved != stock.held:
        message = f"{stock.reserved} are reserved; live reservations hold {stock.held}."
        yield _finding("reserved_off_reservations", message, variant=stock.variant)


def what_was_sold_was_ordered(seen: Snapshot) -> Iterator[Finding]:
    """By the ledger, by the reservations and by the orders the same pieces left; told only when all were read."""
    if seen.since is not None:
        return
    reserved = _pieces(each.lines for each in seen.reservations.values() if each.state == "committed")
    ordered = _pieces(each.lines for each in seen.orders.values() if each.state == "confirmed")
    busy = {
        line.variant
        for each in seen.reservations.values()
        if each.finished_at is None or each.finished_at >= seen.read_at
        for line in each.lines
    } | {line.variant for order in seen.orders.values() if order.created_at >= seen.read_at for line in order.lines}
    sold = {stock.variant: -stock.sales for stock in seen.stock}
    for variant in (sold.keys() | reserved.keys() | ordered.keys()) - busy:
        counted = sold.get(variant, 0), reserved[variant], ordered[variant]
        if len(set(counted)) > 1:
            message = "Sold: {} by the ledger, {} by committed reservations, {} by confirmed orders.".format(*counted)
            yield _finding("sold_differs", message, variant=variant)


def _pieces(orders: Iterator[tuple[Line, ...]]) -> Counter[UUID]:
    pieces: Counter[UUID] = Counter()
    for lines in orders:
        for line in lines:
            pieces[line.variant] += line.quantity
    return pieces


# Money


def payments_agree_with_the_provider(seen: Snapshot) -> Iterator[Finding]:
    """What the provider took, gave back and may still take is what the payments say."""
    book = _book(seen)
    for payment in seen.payments.values():
        if payment.state not in UNDECIDED and seen.judges(payment.created_at):
            yield from _by_the_book(payment, book[payment.id])


def _by_the_book(payment: Payment, entries: list[BookEntry]) -> Iterator[Finding]:
    captured = payment.amount is not None and payment.state == "captured"
    ours = [payment.amount] if captured else []
    theirs = [entry.taken for entry in entries if entry.taken.amount]
    if theirs != ours:
        message = f"The payment is {payment.state}: {_sums(ours)} taken; by the provider's book: {_sums(theirs)}."
        yield _finding("taken_off_book", message, payment=payment.id)
    refunded = sum(entry.refunded.amount for entry in entries)
    # A refund under way may be in the provider's book already.
    if not payment.refunded - payment.refunds_pending <= refunded <= payment.refunded:
        message = f"{payment.refunded} minor units were given back; by the provider's book: {refunded}."
        yield _finding("refunded_off_book", message, payment=payment.id)
    authorised = [entry.authorised for entry in entries if entry.authorised.amount]
    if authorised:
        message = f"The payment is {payment.state}, and the provider may still take {_sums(authorised)}."
        yield _finding("authorised_off_book", message, payment=payment.id)


def _sums(amounts: "list[Amount | None] | list[Amount]") -> str:
    return " and ".join(str(amount) for amount in amounts) or "nothing"


def _book(seen: Snapshot) -> defaultdict[UUID, list[BookEntry]]:
    entries = defaultdict(list)
    for entry in seen.book:
        entries[entry.payment].append(entry)
    return entries


# Jobs


def jobs_get_done(seen: Snapshot) -> Iterator[Finding]:
    for job in seen.jobs:
        ids = {"service": job.service, "job": job.id}
        tried = f"{job.task}, tried {job.attempts} times: {job.last_error or 'no error'}"
        if job.state == "dead":
            yield _finding("job_dead", f"Given up: {tried}", **ids)
        elif job.state == "waiting" and job.run_at < seen.read_at - JOB_LATE_AFTER:
            yield _finding("job_late", f"Due since {job.run_at:%Y-%m-%d %H:%M:%S}: {tried}", **ids)
        elif job.state == "waiting" and job.leased and job.run_at > seen.read_at + LONGEST_LEASE:
            yield _finding("job_leased_too_long", f"Leased until {job.run_at:%Y-%m-%d %H:%M:%S}: {tried}", **ids)


# What buyers were told


def answers_are_still_true(seen: Snapshot) -> Iterator[Finding]:
    for answer in seen.record.checkouts:
        yield from _answer(answer, seen)
    for shown in seen.record.orders:
        yield from _shown(shown, seen)


def _answer(answer: CheckoutAnswer, seen: Snapshot) -> Iterator[Finding]:
    ids = {"checkout": answer.checkout, "order": answer.order}
    if answer.answered_checkout not in {None, answer.checkout} or answer.answered_order not in {None, answer.order}:
        message = (
            f"The answer named the checkout {answer.answered_checkout} and the order {answer.answered_order}, "
            "which are not this key's."
        )
        yield _finding("answer_of_other_key", message, **ids)
    if answer.status in {201, 202} and answer.checkout not in seen.checkouts:
        yield _finding("checkout_lost", f"A checkout was answered with {answer.status} and is not known.", **ids)
    if answer.status == 201:
        yield from _shown(OrderShown(answer.buyer, answer.order, answer.total, "confirmed"), seen)
    if answer.status in {402, 409}:
        order, checkout = seen.orders.get(answer.order), seen.checkouts.get(answer.checkout)
        if (order is not None and order.state != "rejected") or (
            checkout is not None and checkout.state != "compensated"
        ):
            message = (
                f"It was refused with {answer.status}; now its order is {order and order.state} "
                f"and the checkout {checkout and checkout.state}."
            )
            yield _finding("refused_but_alive", message, **ids)


def _shown(shown: OrderShown, seen: Snapshot) -> Iterator[Finding]:
    order = seen.orders.get(shown.order)
    if order is None:
        yield _finding("shown_order_missing", "A buyer was shown an order that does not exist.", order=shown.order)
        return
    if shown.total is not None and order.total != shown.total:
        message = f"A buyer was shown {shown.total}; the order comes to {order.total}."
        yield _finding("shown_total_differs", message, order=shown.order)
    if order.buyer != shown.buyer:
        message = f"It was shown to {shown.buyer} and belongs to {order.buyer}."
        yield _finding("shown_buyer_differs", message, order=shown.order)
    # One that was pending when it was shown may have been called off.
    if order.state == "rejected" and shown.state != "pending":
        message = f"A buyer was shown an order ({shown.state}) that is {order.state} now."
        yield _finding("shown_order_gone", message, order=shown.order)
    elif shown.state == "confirmed" and order.state != "confirmed":
        message = f"A buyer was shown a confirmed order that is {order.state} now."
        yield _finding("shown_order_gone", message, order=shown.order)


def a_key_has_one_answer(seen: Snapshot) -> Iterator[Finding]:
    of_key = defaultdict(list)
    for answer in seen.record.checkouts:
        of_key[answer.buyer, answer.key].append(answer)
    for (buyer, key), answers in of_key.items():
        orders = {answer.answered_order for answer in answers if answer.answered_order is not None}
        if len(orders) > 1:
            names = ",".join(sorted(map(str, orders)))
            message = "The same key gave more than one order."
            yield _finding("key_gave_two_orders", message, buyer=buyer, key=key, orders=names)
        ends = {answer.status for answer in answers if answer.status in {201, 402, 409}}
        if len(ends) > 1:
            message = f"The same key was answered with {' and '.join(map(str, sorted(ends)))}."
            yield _finding("key_answered_both_ways", message, buyer=buyer, key=key)


def _judged_checkouts(seen: Snapshot, state: str) -> Iterator[Checkout]:
    for checkout in seen.checkouts.values():
        if checkout.state == state and seen.judges(checkout.created_at):
            yield checkout


RULES: tuple[Callable[[Snapshot], Iterator[Finding]], ...] = (
    checkouts_come_to_an_end,
    completed_checkouts_have_one_of_each,
    failed_checkouts_leave_nothing,
    nothing_stands_alone,
    orders_are_paid_once,
    carts_say_what_became_of_them,
    stock_adds_up,
    what_was_sold_was_ordered,
    payments_agree_with_the_provider,
    jobs_get_done,
    answers_are_still_true,
    a_key_has_one_answer,
)
