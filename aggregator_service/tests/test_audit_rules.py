"""Each rule of the audit: silent on a platform where all is well, and heard for each thing that is not."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audits.rules import Finding, audit
from audits.snapshot import (
    Amount,
    BookEntry,
    Checkout,
    CheckoutAnswer,
    Job,
    Line,
    Order,
    OrderShown,
    Payment,
    Record,
    Reservation,
    Snapshot,
    Stock,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
TOTAL, NOTHING = Amount(3998, "EUR"), Amount(0, "EUR")
VARIANT, OTHER_VARIANT = uuid.UUID(int=1), uuid.UUID(int=2)
BUYER, SELLER = uuid.UUID(int=3), uuid.UUID(int=4)
BOUGHT, FAILED = uuid.UUID(int=16), uuid.UUID(int=32)
ELSEWHERE = uuid.UUID(int=255)
LINES = (Line(VARIANT, SELLER, 2, 1999),)


def part(checkout: uuid.UUID, number: int) -> uuid.UUID:
    return uuid.UUID(int=checkout.int + number)


def order_of(checkout: uuid.UUID) -> uuid.UUID:
    return part(checkout, 1)


def payment_of(checkout: uuid.UUID) -> uuid.UUID:
    return part(checkout, 2)


def reservation_of(checkout: uuid.UUID) -> uuid.UUID:
    return part(checkout, 3)


def cart_of(checkout: uuid.UUID) -> uuid.UUID:
    return part(checkout, 4)


def checkout(ident: uuid.UUID, **changes: Any) -> Checkout:
    whole = Checkout(
        id=ident,
        buyer=BUYER,
        state="completed",
        order=order_of(ident),
        payment=payment_of(ident),
        reservation=reservation_of(ident),
        expected_total=TOTAL,
        created_at=EARLIER,
        due_by=EARLIER + timedelta(minutes=12),
        answer_status=201,
        answered_order=order_of(ident),
    )
    return replace(whole, **changes)


def order(of: uuid.UUID, **changes: Any) -> Order:
    return replace(Order(order_of(of), "confirmed", BUYER, TOTAL, LINES, EARLIER), **changes)


def payment(of: uuid.UUID, **changes: Any) -> Payment:
    return replace(Payment(payment_of(of), "captured", order_of(of), BUYER, TOTAL, 0, 0, EARLIER), **changes)


def entry(of: uuid.UUID, **changes: Any) -> BookEntry:
    return replace(BookEntry(payment_of(of), TOTAL, NOTHING, NOTHING, EARLIER), **changes)


def reservation(of: uuid.UUID, **changes: Any) -> Reservation:
    ident, cart = reservation_of(of), cart_of(of)
    whole = Reservation(ident, "committed", cart, "closed", BUYER, TOTAL, LINES, EARLIER, finished_at=EARLIER)
    return replace(whole, **changes)


def stock(**changes: Any) -> Stock:
    return replace(Stock(VARIANT, 13, 0, 0, 15, 4, -1, -3, -2), **changes)


def job(**changes: Any) -> Job:
    whole = Job("orders", uuid.UUID(int=9), "mails.send", "waiting", 1, NOW, leased=False, last_error="no answer")
    return replace(whole, **changes)


def by_id(*rows: Any) -> dict[uuid.UUID, Any]:
    return {row.id: row for row in rows}


def platform(**changes: Any) -> Snapshot:
    """One checkout that was completed, and one that was called off once its card had been declined."""
    whole = Snapshot(
        read_at=NOW,
        since=None,
        checkouts_known_since=None,
        checkouts=by_id(
            checkout(BOUGHT), checkout(FAILED, state="compensated", answer_status=402, answered_order=None)
        ),
        orders=by_id(order(BOUGHT), order(FAILED, state="rejected")),
        payments=by_id(payment(BOUGHT), payment(FAILED, state="declined")),
        book=[entry(BOUGHT), entry(FAILED, taken=NOTHING)],
        reservations=by_id(reservation(BOUGHT), reservation(FAILED, state="released", cart_state="open")),
        stock=[stock()],
        jobs=[job()],
    )
    return replace(whole, **changes)


def with_rows(seen: Snapshot, **rows: Any) -> Snapshot:
    """The platform with these rows in place of those of the same id, or beside them."""
    changes: dict[str, Any] = {name: {**getattr(seen, name), row.id: row} for name, row in rows.items()}
    return replace(seen, **changes)


def without(seen: Snapshot, name: str, ident: uuid.UUID) -> Snapshot:
    changes: dict[str, Any] = {name: {key: row for key, row in getattr(seen, name).items() if key != ident}}
    return replace(seen, **changes)


def found(seen: Snapshot) -> set[tuple[str, frozenset[str]]]:
    return {(finding.code, frozenset(ident for _name, ident in finding.ids)) for finding in audit(seen)}


def only(code: str, *ids: object) -> set[tuple[str, frozenset[str]]]:
    return {(code, frozenset(map(str, ids)))}


def test_where_all_is_well_nothing_is_found() -> None:
    assert audit(platform()) == []


COMPLETED: dict[str, tuple[Callable[[Snapshot], Snapshot], set[tuple[str, frozenset[str]]]]] = {
    "answered otherwise": (
        lambda seen: with_rows(seen, checkouts=checkout(BOUGHT, answer_status=202)),
        only("answer_differs", BOUGHT, order_of(BOUGHT)),
    ),
    "answered with another order": (
        lambda seen: with_rows(seen, checkouts=checkout(BOUGHT, answered_order=ELSEWHERE)),
        only("answer_differs", BOUGHT, order_of(BOUGHT)),
    ),
    "no order": (
        lambda seen: without(replace(seen, since=EARLIER), "orders", order_of(BOUGHT)),
        only("order_missing", BOUGHT, order_of(BOUGHT)),
    ),
    "an order that is still pending": (
        lambda seen: with_rows(replace(seen, since=EARLIER), orders=order(BOUGHT, state="pending")),
        only("order_not_confirmed", BOUGHT, order_of(BOUGHT)),
    ),
    "an order of another total": (
        lambda seen: with_rows(seen, orders=order(BOUGHT, total=Amount(3999, "EUR"))),
        only("order_total_differs", BOUGHT, order_of(BOUGHT)),
    ),
    "an order in another currency": (
        lambda seen: with_rows(seen, orders=order(BOUGHT, total=Amount(3998, "USD"))),
        only("order_total_differs", BOUGHT, order_of(BOUGHT)),
    ),
    "other lines ordered than reserved": (
        lambda seen: with_rows(seen, orders=order(BOUGHT, lines=(Line(VARIANT, BUYER, 2, 1999),))),
        only("lines_differ", BOUGHT, order_of(BOUGHT), reservation_of(BOUGHT)),
    ),
    "no payment": (
        lambda seen: without(replace(seen, book=[]), "payments", payment_of(BOUGHT)),
        only("payment_missing", BOUGHT, payment_of(BOUGHT)),
    ),
    "a payment that is not captured": (
        lambda seen: with_rows(seen, payments=payment(BOUGHT, state="processing")),
        only("payment_not_captured", BOUGHT, payment_of(BOUGHT)),
    ),
    "a payment for another order": (
        lambda seen: with_rows(seen, payments=payment(BOUGHT, order=ELSEWHERE)),
        only("payment_of_other_order", BOUGHT, payment_of(BOUGHT)),
    ),
    "no reservation": (
        lambda seen: without(replace(seen, since=EARLIER), "reservations", reservation_of(BOUGHT)),
        only("reservation_missing", BOUGHT, reservation_of(BOUGHT)),
    ),
    "a reservation that was given back": (
        lambda seen: with_rows(
            replace(seen, since=EARLIER), reservations=reservation(BOUGHT, state="released", cart_state="open")
        ),
        only("reservation_not_committed", BOUGHT, reservation_of(BOUGHT)),
    ),
    "somebody else's reservation": (
        lambda seen: with_rows(seen, reservations=reservation(BOUGHT, buyer=SELLER)),
        only("buyer_differs", BOUGHT),
    ),
}


@pytest.mark.parametrize("name", COMPLETED)
def test_a_completed_checkout_has_one_of_each(name: str) -> None:
    damage, expected = COMPLETED[name]
    assert found(damage(platform())) == expected


def test_a_completed_checkouts_payment_is_of_its_amount() -> None:
    paid = Amount(3997, "EUR")
    seen = with_rows(platform(), payments=payment(BOUGHT, amount=paid))
    assert found(replace(seen, book=[entry(BOUGHT, taken=paid)])) == only(
        "payment_amount_differs", BOUGHT, payment_of(BOUGHT)
    )


FAILURES: dict[str, tuple[Callable[[Snapshot], Snapshot], set[tuple[str, frozenset[str]]]]] = {
    "a success as its answer": (
        lambda seen: with_rows(
            seen, checkouts=checkout(FAILED, state="compensated", answer_status=201, answered_order=None)
        ),
        only("answer_differs", FAILED, order_of(FAILED)),
    ),
    "a pending order": (
        lambda seen: with_rows(seen, orders=order(FAILED, state="pending")),
        only("order_of_failed_checkout", FAILED, order_of(FAILED)),
    ),
    "a payment under way": (
        lambda seen: with_rows(seen, payments=payment(FAILED, state="processing")),
        only("payment_of_failed_checkout", FAILED, payment_of(FAILED)),
    ),
    "a reservation that lives": (
        lambda seen: with_rows(
            replace(seen, stock=[stock(reserved=2, held=2)]),
            reservations=reservation(FAILED, state="live", cart_state="in_checkout", finished_at=None),
        ),
        only("reservation_of_failed_checkout", FAILED, reservation_of(FAILED)),
    ),
    "money of which a part was given back": (
        lambda seen: replace(
            with_rows(seen, payments=payment(FAILED, refunded=3997)),
            book=[entry(BOUGHT), entry(FAILED, refunded=Amount(3997, "EUR"))],
        ),
        only("payment_of_failed_checkout", FAILED, payment_of(FAILED))
        | only("money_of_failed_checkout", FAILED, payment_of(FAILED)),
    ),
    "money that is only being given back": (
        lambda seen: replace(
            with_rows(seen, payments=payment(FAILED, refunded=3998, refunds_pending=3998)),
            book=[entry(BOUGHT), entry(FAILED, refunded=TOTAL)],
        ),
        only("payment_of_failed_checkout", FAILED, payment_of(FAILED)),
    ),
    "money that the provider took": (
        lambda seen: replace(seen, book=[entry(BOUGHT), entry(FAILED)]),
        only("money_of_failed_checkout", FAILED, payment_of(FAILED)) | only("taken_off_book", payment_of(FAILED)),
    ),
    "money that the provider may still take": (
        lambda seen: replace(seen, book=[entry(BOUGHT), entry(FAILED, taken=NOTHING, authorised=TOTAL)]),
        only("money_of_failed_checkout", FAILED, payment_of(FAILED)) | only("authorised_off_book", payment_of(FAILED)),
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_checkout_that_was_called_off_leaves_nothing(name: str) -> None:
    damage, expected = FAILURES[name]
    assert found(damage(platform())) == expected


def test_a_checkout_that_never_reached_its_services_leaves_nothing_and_is_no_finding() -> None:
    unmade = uuid.UUID(int=48)
    seen = with_rows(
        platform(), checkouts=checkout(unmade, state="compensated", answer_status=409, answered_order=None)
    )
    assert audit(seen) == []


def test_a_checkout_comes_to_an_end_in_time() -> None:
    late = uuid.UUID(int=48)
    running = checkout(late, state="running", answer_status=None, answered_order=None, due_by=NOW)
    assert audit(with_rows(platform(), checkouts=running)) == []
    overdue = replace(running, due_by=NOW - timedelta(seconds=1))
    assert found(with_rows(platform(), checkouts=overdue)) == only("checkout_overdue", late)
    stuck = replace(running, state="stuck", last_error="order_rejected")
    (finding,) = audit(with_rows(platform(), checkouts=stuck))
    assert (finding.code, finding.message) == (
        "checkout_stuck",
        "A step that must succeed was refused for good: order_rejected",
    )


def test_what_is_of_no_checkout_is_found() -> None:
    alone = uuid.UUID(int=64)
    seen = with_rows(
        platform(since=EARLIER),
        orders=order(alone, state="pending"),
        payments=payment(alone, state="cancelled"),
        reservations=reservation(alone, state="released", cart_state="open"),
    )
    seen = replace(seen, book=[*seen.book, entry(ELSEWHERE)])
    assert found(seen) == (
        only("order_of_no_checkout", order_of(alone))
        | only("payment_of_no_checkout", payment_of(alone))
        | only("reservation_of_no_checkout", reservation_of(alone))
        | only("book_entry_of_no_payment", payment_of(ELSEWHERE))
    )


@pytest.mark.parametrize(
    "unknown",
    [
        platform(since=NOW - timedelta(minutes=30)),
        platform(since=EARLIER, checkouts_known_since=NOW - timedelta(minutes=30)),
        platform(since=EARLIER, read_at=EARLIER),
    ],
    ids=["before what is judged", "its checkout is forgotten by now", "its checkout began while reading"],
)
def test_what_cannot_be_known_to_be_alone_is_no_finding(unknown: Snapshot) -> None:
    assert audit(with_rows(unknown, orders=order(uuid.UUID(int=64), state="pending"))) == []


def test_an_order_is_paid_once() -> None:
    second = uuid.UUID(int=64)
    again = payment(second, order=order_of(BOUGHT))
    seen = replace(with_rows(platform(), payments=again), book=[*platform().book, entry(second)])
    assert ("order_paid_twice", frozenset({str(order_of(BOUGHT)), f"{payment_of(BOUGHT)},{again.id}"})) in found(seen)
    running = checkout(second, state="running", answer_status=None, due_by=NOW)
    unpaid = with_rows(platform(since=EARLIER), checkouts=running, orders=order(second))
    assert found(unpaid) == only("order_not_paid", order_of(second))


def test_a_cart_is_bought_once() -> None:
    twin = uuid.UUID(int=64)
    seen = with_rows(platform(), reservations=reservation(twin, cart=cart_of(BOUGHT)))
    assert (
        "cart_bought_twice",
        frozenset({str(cart_of(BOUGHT)), f"{reservation_of(BOUGHT)},{reservation_of(twin)}"}),
    ) in found(seen)


@pytest.mark.parametrize(("state", "cart_state"), [("released", "in_checkout"), ("released", "closed")])
def test_a_cart_is_free_after_a_checkout_that_was_called_off(state: str, cart_state: str) -> None:
    seen = with_rows(platform(), reservations=reservation(FAILED, state=state, cart_state=cart_state))
    assert found(seen) == only("cart_differs", cart_of(FAILED), reservation_of(FAILED))


def test_a_cart_that_was_called_off_and_then_bought_is_closed() -> None:
    seen = with_rows(
        platform(),
        reservations=reservation(FAILED, state="released", cart=cart_of(BOUGHT), cart_state="closed"),
    )
    assert audit(seen) == []


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        (stock(on_hand=14), {"stock_off_ledger"}),
        (stock(sales=-1), {"stock_off_ledger", "sold_differs"}),
        (stock(corrections=0), {"stock_off_ledger"}),
        (stock(losses=-2), {"stock_off_ledger"}),
        (stock(returns=0), {"stock_off_ledger"}),
        (stock(reserved=1), {"reserved_off_reservations"}),
        (stock(held=1), {"reserved_off_reservations"}),
        (stock(reserved=14, held=14), {"oversold"}),
        (stock(on_hand=-1, receipts=1), {"stock_negative", "oversold"}),
        (stock(reserved=-1, held=-1), {"stock_negative"}),
        (stock(on_hand=11, sales=-4), {"sold_differs"}),
    ],
    ids=str,
)
def test_stock_adds_up(level: Stock, codes: set[str]) -> None:
    assert found(platform(stock=[level])) == {(code, frozenset({str(VARIANT)})) for code in codes}


def test_what_was_sold_is_compared_once_all_was_read_and_nothing_is_under_way() -> None:
    off = platform(stock=[stock(on_hand=11, sales=-4)])
    assert audit(replace(off, since=EARLIER)) == []
    late = uuid.UUID(int=64)
    live = reservation(late, state="live", cart_state="in_checkout", finished_at=None)
    running = checkout(late, state="running", answer_status=None, due_by=NOW)
    held = [stock(on_hand=11, sales=-4, reserved=2, held=2)]
    assert audit(with_rows(replace(off, stock=held), checkouts=running, reservations=live)) == []


def test_a_variant_that_the_stock_does_not_know_cannot_be_sold() -> None:
    assert found(platform(stock=[])) == only("sold_differs", VARIANT)


@pytest.mark.parametrize(
    ("changes", "entries", "codes"),
    [
        ({}, [], {"taken_off_book"}),
        ({}, [entry(BOUGHT, taken=NOTHING)], {"taken_off_book"}),
        ({}, [entry(BOUGHT, taken=Amount(3999, "EUR"))], {"taken_off_book"}),
        ({}, [entry(BOUGHT, taken=Amount(3998, "USD"))], {"taken_off_book"}),
        ({}, [entry(BOUGHT), entry(BOUGHT)], {"taken_off_book"}),
        ({}, [entry(BOUGHT), entry(BOUGHT, taken=NOTHING, authorised=TOTAL)], {"authorised_off_book"}),
        ({}, [entry(BOUGHT, refunded=Amount(1, "EUR"))], {"refunded_off_book"}),
        ({"refunded": 300}, [entry(BOUGHT)], {"refunded_off_book"}),
        ({"refunded": 300}, [entry(BOUGHT, refunded=Amount(300, "EUR"))], set()),
        (
            {"refunded": 300, "refunds_pending": 100},
            [entry(BOUGHT, refunded=Amount(199, "EUR"))],
            {"refunded_off_book"},
        ),
        ({"refunded": 300, "refunds_pending": 100}, [entry(BOUGHT, refunded=Amount(200, "EUR"))], set()),
        ({"refunded": 300, "refunds_pending": 100}, [entry(BOUGHT, refunded=Amount(300, "EUR"))], set()),
    ],
)
def test_a_payment_is_what_the_providers_book_says(
    changes: dict[str, Any], entries: list[BookEntry], codes: set[str]
) -> None:
    seen = with_rows(platform(), payments=payment(BOUGHT, **changes))
    seen = replace(seen, book=[*entries, entry(FAILED, taken=NOTHING)])
    assert found(seen) == {(code, frozenset({str(payment_of(BOUGHT))})) for code in codes}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"state": "dead"}, {"job_dead"}),
        ({"run_at": NOW - timedelta(minutes=4)}, set()),
        ({"run_at": NOW - timedelta(minutes=6)}, {"job_late"}),
        ({"run_at": NOW - timedelta(minutes=6), "leased": True}, {"job_late"}),
        ({"run_at": NOW + timedelta(hours=2)}, set()),
        ({"run_at": NOW + timedelta(minutes=2), "leased": True}, set()),
        ({"run_at": NOW + timedelta(hours=2), "leased": True}, {"job_leased_too_long"}),
    ],
)
def test_jobs_get_done(changes: dict[str, Any], codes: set[str]) -> None:
    ids = frozenset({"orders", str(uuid.UUID(int=9))})
    assert found(platform(jobs=[job(**changes)])) == {(code, ids) for code in codes}


def answer(of: uuid.UUID, status: int, **changes: Any) -> CheckoutAnswer:
    return replace(CheckoutAnswer(BUYER, f"key of {of}", status, of, order_of(of)), **changes)


def told(*answers: CheckoutAnswer | OrderShown) -> Snapshot:
    checkouts = [each for each in answers if isinstance(each, CheckoutAnswer)]
    shown = [each for each in answers if isinstance(each, OrderShown)]
    return platform(record=Record(checkouts, shown))


def test_answers_that_are_still_true_are_no_finding() -> None:
    seen = told(
        answer(BOUGHT, 202, answered_checkout=BOUGHT),
        answer(BOUGHT, 201, answered_checkout=BOUGHT, answered_order=order_of(BOUGHT), total=TOTAL),
        answer(FAILED, 402),
        answer(uuid.UUID(int=64), 409),
        answer(uuid.UUID(int=80), 503),
        OrderShown(BUYER, order_of(BOUGHT), TOTAL, "confirmed"),
        OrderShown(BUYER, order_of(FAILED), TOTAL, "pending"),
    )
    assert audit(seen) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (answer(ELSEWHERE, 202), only("checkout_lost", ELSEWHERE, order_of(ELSEWHERE))),
        (
            answer(ELSEWHERE, 201),
            only("checkout_lost", ELSEWHERE, order_of(ELSEWHERE)) | only("shown_order_missing", order_of(ELSEWHERE)),
        ),
        (
            answer(BOUGHT, 201, answered_order=ELSEWHERE),
            only("answer_of_other_key", BOUGHT, order_of(BOUGHT)),
        ),
        (
            answer(BOUGHT, 202, answered_checkout=ELSEWHERE),
            only("answer_of_other_key", BOUGHT, order_of(BOUGHT)),
        ),
        (answer(BOUGHT, 201, total=Amount(1, "EUR")), only("shown_total_differs", order_of(BOUGHT))),
        (answer(BOUGHT, 201, buyer=SELLER), only("shown_buyer_differs", order_of(BOUGHT))),
        (answer(FAILED, 201), only("shown_order_gone", order_of(FAILED))),
        (answer(BOUGHT, 402), only("refused_but_alive", BOUGHT, order_of(BOUGHT))),
        (answer(BOUGHT, 409), only("refused_but_alive", BOUGHT, order_of(BOUGHT))),
        (OrderShown(BUYER, ELSEWHERE), only("shown_order_missing", ELSEWHERE)),
        (OrderShown(BUYER, order_of(BOUGHT), Amount(1, "EUR")), only("shown_total_differs", order_of(BOUGHT))),
        (OrderShown(SELLER, order_of(BOUGHT), TOTAL), only("shown_buyer_differs", order_of(BOUGHT))),
        (OrderShown(BUYER, order_of(FAILED), TOTAL), only("shown_order_gone", order_of(FAILED))),
        (OrderShown(BUYER, order_of(FAILED), TOTAL, "confirmed"), only("shown_order_gone", order_of(FAILED))),
    ],
    ids=str,
)
def test_an_answer_that_is_no_longer_true_is_found(
    said: CheckoutAnswer | OrderShown, expected: set[tuple[str, frozenset[str]]]
) -> None:
    assert found(told(said)) == expected


def test_a_confirmed_order_that_was_shown_stays_confirmed() -> None:
    seen = with_rows(
        told(OrderShown(BUYER, order_of(FAILED), TOTAL, "confirmed")), orders=order(FAILED, state="pending")
    )
    assert ("shown_order_gone", frozenset({str(order_of(FAILED))})) in found(seen)


def test_a_key_has_one_order_and_one_answer() -> None:
    two = told(
        answer(BOUGHT, 201, answered_order=order_of(BOUGHT)), answer(BOUGHT, 201, answered_order=ELSEWHERE, total=TOTAL)
    )
    names = ",".join(sorted([str(order_of(BOUGHT)), str(ELSEWHERE)]))
    assert ("key_gave_two_orders", frozenset({str(BUYER), f"key of {BOUGHT}", names})) in found(two)
    both = told(answer(BOUGHT, 201), answer(BOUGHT, 402))
    assert ("key_answered_both_ways", frozenset({str(BUYER), f"key of {BOUGHT}"})) in found(both)
    another_buyer = told(answer(BOUGHT, 201), answer(FAILED, 402, key=f"key of {BOUGHT}", buyer=SELLER))
    assert audit(another_buyer) == []


def test_what_began_before_the_window_is_not_judged() -> None:
    """But for what has not ended, and stock."""
    seen = platform(since=NOW - timedelta(minutes=30))
    for name, row in (
        ("orders", order(BOUGHT, state="pending")),
        ("payments", payment(FAILED, state="processing")),
        ("payments", payment(BOUGHT, state="cancelled")),
        ("reservations", reservation(FAILED, state="released", cart_state="closed")),
    ):
        assert audit(with_rows(seen, **{name: row})) == []
    stuck = checkout(BOUGHT, state="stuck")
    assert found(with_rows(seen, checkouts=stuck)) == only("checkout_stuck", BOUGHT)
    assert found(replace(seen, stock=[stock(reserved=1)])) == only("reserved_off_reservations", VARIANT)


def test_findings_come_in_order_and_are_the_same_in_a_second_read_if_about_the_same() -> None:
    seen = with_rows(
        platform(stock=[stock(reserved=1)]),
        orders=order(BOUGHT, total=NOTHING),
        payments=payment(FAILED, state="expired"),
    )
    first, second = audit(seen), audit(replace(seen, stock=[stock(reserved=2)]))
    assert [finding.code for finding in first] == ["order_total_differs", "reserved_off_reservations"]
    assert [finding.key for finding in first] == [finding.key for finding in second]
    assert first != second
    assert isinstance(first[0], Finding)


def test_money_of_a_failed_checkout_that_was_given_back_is_no_finding() -> None:
    seen = with_rows(platform(), payments=payment(FAILED, refunded=3998))
    assert found(replace(seen, book=[entry(BOUGHT), entry(FAILED, refunded=TOTAL)])) == set()
