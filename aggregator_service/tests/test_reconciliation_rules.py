"""Each rule of reconcile: silent where all services agree, and heard for each thing that one of them has forgotten."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audits.snapshot import Amount, Snapshot
from reconciliation.comparison import PHASES, PROPOSALS, Difference, Repair, compare
from reconciliation.world import Memo, Memory, Restored, World
from tests.test_audit_rules import (
    BOUGHT,
    BUYER,
    ELSEWHERE,
    FAILED,
    NOTHING,
    NOW,
    SELLER,
    checkout,
    entry,
    order,
    order_of,
    payment,
    payment_of,
    platform,
    reservation,
    reservation_of,
    with_rows,
    without,
)

BACK_TO = NOW - timedelta(minutes=5)
WHOLE = Memory(passed=True, backward=False, failing=False, reserved=True, placed=True, buyer_known=True)
CALLED_OFF = replace(WHOLE, passed=False, backward=True, failing=True)
UNDECIDED = replace(WHOLE, passed=False)


def world(seen: Snapshot | None = None, **changes: Any) -> World:
    """One checkout that was completed and one that was called off, and everybody who was in them."""
    whole = World(
        seen=seen or platform(),
        memories={BOUGHT: WHOLE, FAILED: CALLED_OFF},
        memos=[],
        accounts={BUYER: True, SELLER: True},
        restores=[],
    )
    return replace(whole, **changes)


def running(memory: Memory = UNDECIDED, **changes: Any) -> World:
    """The first checkout still runs."""
    still = {"state": "running", "answer_status": None, "answered_order": None} | changes
    seen = with_rows(platform(), checkouts=checkout(BOUGHT, **still))
    return world(seen, memories={BOUGHT: memory, FAILED: CALLED_OFF})


def forgotten(whole: World, name: str, ident: uuid.UUID) -> World:
    return replace(whole, seen=without(whole.seen, name, ident))


def with_row(whole: World, **rows: Any) -> World:
    return replace(whole, seen=with_rows(whole.seen, **rows))


def found(whole: World) -> set[tuple[str, Repair | None, frozenset[str]]]:
    return {
        (difference.code, difference.repair, frozenset(ident for _name, ident in difference.ids))
        for difference in compare(whole)
    }


def only(code: str, repair: Repair | None, *ids: object) -> set[tuple[str, Repair | None, frozenset[str]]]:
    return {(code, repair, frozenset(map(str, ids)))}


def test_services_that_agree_have_no_difference() -> None:
    assert compare(world()) == []
    assert compare(running()) == []


# Orders


@pytest.mark.parametrize(("placed", "repair"), [(True, Repair.RESTORE_ORDER), (False, None)])
def test_a_bought_order_that_is_missing_is_written_again_where_it_is_remembered(
    placed: bool, repair: Repair | None
) -> None:
    whole = forgotten(world(memories={BOUGHT: replace(WHOLE, placed=placed)}), "orders", order_of(BOUGHT))
    assert found(whole) == only("order_missing", repair, BOUGHT, order_of(BOUGHT))


def test_a_bought_order_that_is_pending_again_is_confirmed() -> None:
    whole = with_row(world(), orders=order(BOUGHT, state="pending"))
    assert found(whole) == only("order_not_confirmed", Repair.RESTORE_ORDER, BOUGHT, order_of(BOUGHT))


def test_the_order_of_a_running_checkout_is_written_again_once_it_was_placed_and_not_before() -> None:
    missing = forgotten(running(), "orders", order_of(BOUGHT))
    assert found(missing) == only("order_missing", Repair.RESTORE_ORDER, BOUGHT, order_of(BOUGHT))
    for memory in (replace(UNDECIDED, placed=False), replace(UNDECIDED, backward=True)):
        assert found(forgotten(running(memory), "orders", order_of(BOUGHT))) == set()


def test_an_order_that_was_called_off_and_is_missing_comes_back_called_off() -> None:
    whole = forgotten(world(), "orders", order_of(FAILED))
    assert found(whole) == only("order_missing", Repair.RESTORE_ORDER, FAILED, order_of(FAILED))
    never_placed = replace(whole, memories={BOUGHT: WHOLE, FAILED: replace(CALLED_OFF, placed=False)})
    assert found(never_placed) == set()


def test_an_order_that_is_pending_again_is_called_off_again() -> None:
    whole = with_row(world(), orders=order(FAILED, state="pending"))
    assert found(whole) == only("order_not_called_off", Repair.REJECT_ORDER, FAILED, order_of(FAILED))


def test_orders_that_contradict_their_checkouts_are_for_a_person() -> None:
    confirmed = with_row(world(), orders=order(FAILED))
    assert found(confirmed) == only("order_not_called_off", None, FAILED, order_of(FAILED))
    rejected = with_row(world(), orders=order(BOUGHT, state="rejected"))
    assert found(rejected) == only("order_called_off", None, BOUGHT, order_of(BOUGHT))


# Money


@pytest.mark.parametrize("whole", [world(), running(WHOLE)])
def test_a_captured_payment_that_is_missing_is_written_down_again(whole: World) -> None:
    whole = forgotten(whole, "payments", payment_of(BOUGHT))
    for book in (whole.seen.book, []):  # also where the provider's book went back, too
        seen = replace(whole.seen, book=book)
        missing = found(replace(whole, seen=seen))
        assert missing == only("payment_missing", Repair.RESTORE_PAYMENT, BOUGHT, payment_of(BOUGHT))


@pytest.mark.parametrize("state", ["processing", "requires_action"])
def test_a_captured_payment_that_is_undecided_again_is_written_down_again(state: str) -> None:
    whole = with_row(world(), payments=payment(BOUGHT, state=state))
    assert found(whole) == only("payment_not_captured", Repair.RESTORE_PAYMENT, BOUGHT, payment_of(BOUGHT))


def test_the_payment_of_an_undecided_checkout_may_be_missing() -> None:
    seen = without(running().seen, "payments", payment_of(BOUGHT))
    assert found(replace(running(), seen=replace(seen, book=[]))) == set()


@pytest.mark.parametrize("state", ["declined", "cancelled", "expired"])
def test_a_payment_that_contradicts_its_checkout_is_for_a_person(state: str) -> None:
    whole = with_row(world(), payments=payment(BOUGHT, state=state))
    assert found(whole) == only("payment_contradicts", None, BOUGHT, payment_of(BOUGHT))


@pytest.mark.parametrize("state", ["processing", "requires_action"])
def test_an_undecided_payment_of_a_checkout_that_was_called_off_is_called_off(state: str) -> None:
    whole = with_row(world(), payments=payment(FAILED, state=state))
    assert found(whole) == only("payment_not_called_off", Repair.CANCEL_PAYMENT, FAILED, payment_of(FAILED))


def test_money_of_a_checkout_that_was_called_off_is_given_back_once() -> None:
    taken = with_row(world(), payments=payment(FAILED))
    assert found(taken) == only("payment_of_failed_checkout", Repair.REFUND_PAYMENT, FAILED, payment_of(FAILED))
    refunded = with_row(world(), payments=payment(FAILED, refunded=3998))
    assert found(refunded) == set()


def given_back(amount: int, whole: World) -> World:
    """By the provider's book."""
    book = [replace(each, refunded=Amount(amount, "EUR")) for each in whole.seen.book if each.taken.amount]
    return replace(whole, seen=replace(whole.seen, book=book))


def test_what_the_provider_gave_back_and_is_not_written_down_is() -> None:
    whole = given_back(500, world(restores=[Restored("payment", ELSEWHERE, BACK_TO)]))
    (difference,) = compare(whole)
    assert (difference.code, difference.repair) == ("refund_missing", Repair.RESTORE_REFUNDS)
    assert difference.ids == (("payment", str(payment_of(BOUGHT))),)
    cause = "The provider gave 5.00 EUR back that is not written down: payment went back to 2026-11-22 11:55:00 UTC."
    assert difference.cause == cause
    part = with_row(whole, payments=payment(BOUGHT, refunded=200))
    assert compare(part)[0].cause.startswith("The provider gave 3.00 EUR back")


def test_what_is_written_down_of_what_the_provider_gave_back_is_no_difference() -> None:
    for refunded in (500, 501):  # more than the book says is the audit's to find
        assert found(given_back(500, with_row(world(), payments=payment(BOUGHT, refunded=refunded)))) == set()
    under_way = payment(BOUGHT, refunded=500, refunds_pending=500)
    assert found(given_back(0, with_row(world(), payments=under_way))) == set()
    lost_answer = given_back(500, with_row(world(), payments=under_way))
    assert found(lost_answer) == only("refund_missing", Repair.RESTORE_REFUNDS, payment_of(BOUGHT))


def test_what_was_given_back_of_a_payment_older_than_what_is_compared_is_written_down() -> None:
    old = NOW - timedelta(days=40)
    seen = with_rows(platform(), payments=payment(ELSEWHERE, created_at=old))
    seen = replace(seen, book=[*seen.book, entry(ELSEWHERE, refunded=Amount(3998, "EUR"), created_at=old)])
    seen = replace(seen, since=BACK_TO, checkouts_known_since=NOW - timedelta(days=30))
    assert found(world(seen)) == only("refund_missing", Repair.RESTORE_REFUNDS, payment_of(ELSEWHERE))


def test_what_was_given_back_is_written_down_before_more_is() -> None:
    whole = with_row(world(), payments=payment(FAILED))
    book = [*whole.seen.book, entry(FAILED, refunded=Amount(3998, "EUR"))]
    repairs = [each.repair for each in compare(replace(whole, seen=replace(whole.seen, book=book)))]
    assert repairs == [Repair.RESTORE_REFUNDS, Repair.REFUND_PAYMENT]


def test_what_the_provider_took_gets_its_payment_back() -> None:
    seen = without(running().seen, "payments", payment_of(BOUGHT))
    whole = replace(running(), seen=seen)
    assert found(whole) == only("payment_missing", Repair.RESTORE_PAYMENT, BOUGHT, payment_of(BOUGHT))
    untaken = replace(whole, seen=replace(seen, book=[entry(BOUGHT, taken=NOTHING)]))
    assert found(untaken) == set()


def test_what_the_provider_declined_is_called_off_where_it_is_missing() -> None:
    whole = forgotten(world(), "payments", payment_of(FAILED))
    assert found(whole) == only("payment_missing", Repair.CANCEL_PAYMENT, FAILED, payment_of(FAILED))
    unknown = replace(whole, seen=replace(whole.seen, book=[entry(BOUGHT)]))
    assert found(unknown) == set()


def test_money_of_a_payment_that_nobody_knows_is_for_a_person() -> None:
    seen = replace(platform(), book=[*platform().book, entry(ELSEWHERE)])
    assert found(world(seen)) == only("money_of_nobody", None, payment_of(ELSEWHERE))
    memo = Memo(ELSEWHERE, reservation_of(ELSEWHERE), order_of(ELSEWHERE), payment_of(ELSEWHERE))
    told = found(world(seen, memos=[memo]))
    assert told == only("checkout_missing", Repair.RESTORE_CHECKOUT, ELSEWHERE, reservation_of(ELSEWHERE))


# Stock and carts


@pytest.mark.parametrize(("reserved", "repair"), [(True, Repair.RESTORE_RESERVATION), (False, None)])
def test_what_was_bought_and_is_in_stock_again_is_taken_where_it_is_remembered(
    reserved: bool, repair: Repair | None
) -> None:
    whole = world(memories={BOUGHT: replace(WHOLE, reserved=reserved)})
    whole = forgotten(whole, "reservations", reservation_of(BOUGHT))
    assert found(whole) == only("reservation_missing", repair, BOUGHT, reservation_of(BOUGHT))


def test_what_a_running_checkout_holds_is_held_again() -> None:
    whole = forgotten(running(), "reservations", reservation_of(BOUGHT))
    assert found(whole) == only("reservation_missing", Repair.RESTORE_RESERVATION, BOUGHT, reservation_of(BOUGHT))
    for memory in (replace(UNDECIDED, reserved=False), replace(UNDECIDED, backward=True)):
        assert found(forgotten(running(memory), "reservations", reservation_of(BOUGHT))) == set()


def test_what_was_called_off_and_is_missing_is_called_off_again() -> None:
    whole = forgotten(world(), "reservations", reservation_of(FAILED))
    assert found(whole) == only("reservation_missing", Repair.RELEASE_RESERVATION, FAILED, reservation_of(FAILED))


def test_what_is_held_again_is_sold_or_released_as_its_checkout_ended() -> None:
    held = {"state": "live", "cart_state": "in_checkout", "finished_at": None}
    bought = with_row(world(), reservations=reservation(BOUGHT, **held))
    ids = BOUGHT, reservation_of(BOUGHT)
    assert found(bought) == only("reservation_not_committed", Repair.COMMIT_RESERVATION, *ids)
    failed = with_row(world(), reservations=reservation(FAILED, **held))
    ids = FAILED, reservation_of(FAILED)
    assert found(failed) == only("reservation_not_released", Repair.RELEASE_RESERVATION, *ids)
    assert found(with_row(running(), reservations=reservation(BOUGHT, **held))) == set()


def test_reservations_that_contradict_their_checkouts_are_for_a_person() -> None:
    released = with_row(world(), reservations=reservation(BOUGHT, state="released"))
    assert found(released) == only("reservation_called_off", None, BOUGHT, reservation_of(BOUGHT))
    committed = with_row(world(), reservations=reservation(FAILED))
    assert found(committed) == only("reservation_not_released", None, FAILED, reservation_of(FAILED))


# Accounts


@pytest.mark.parametrize(("known", "repair"), [(True, Repair.RESTORE_ACCOUNT), (False, None)])
def test_a_buyers_account_comes_back_once_where_a_checkout_remembers_its_address(
    known: bool, repair: Repair | None
) -> None:
    memories = {BOUGHT: replace(WHOLE, buyer_known=known), FAILED: replace(CALLED_OFF, buyer_known=False)}
    (missing,) = compare(world(memories=memories, accounts={SELLER: True}))
    assert (missing.code, missing.repair, missing.about("account")) == ("account_missing", repair, str(BUYER))
    if known:
        assert missing.about("checkout") == str(BOUGHT)
    (unverified,) = compare(world(memories=memories, accounts={SELLER: True, BUYER: False}))
    assert (unverified.code, unverified.repair) == ("account_not_verified", repair)


def test_a_sellers_account_that_is_missing_is_for_a_person() -> None:
    assert found(world(accounts={BUYER: True})) == only("seller_missing", None, SELLER)


def test_logins_that_a_restore_brought_back_are_ended() -> None:
    restored = Restored("auth", ELSEWHERE, BACK_TO)
    assert found(world(restores=[restored], past_logins=3)) == only("logins_resurrected", Repair.END_LOGINS, BACK_TO)


# Checkouts


def with_strangers(**rows: Any) -> World:
    return with_row(world(), **rows)


def test_a_checkout_that_only_its_reservation_tells_of_is_written_down_again() -> None:
    memo = Memo(ELSEWHERE, reservation_of(ELSEWHERE), order_of(ELSEWHERE), payment_of(ELSEWHERE))
    whole = with_strangers(orders=order(ELSEWHERE), payments=payment(ELSEWHERE), reservations=reservation(ELSEWHERE))
    ids = ELSEWHERE, reservation_of(ELSEWHERE)
    assert found(replace(whole, memos=[memo])) == only("checkout_missing", Repair.RESTORE_CHECKOUT, *ids)


def test_orders_and_reservations_of_no_checkout_are_for_a_person() -> None:
    whole = with_strangers(orders=order(ELSEWHERE), reservations=reservation(ELSEWHERE))
    assert found(whole) == only("order_of_no_checkout", None, order_of(ELSEWHERE)) | only(
        "reservation_of_no_checkout", None, reservation_of(ELSEWHERE)
    )


@pytest.mark.parametrize(
    ("state", "repair"),
    [("captured", Repair.REFUND_PAYMENT), ("processing", Repair.CANCEL_PAYMENT), ("cancelled", None)],
)
def test_a_payment_without_checkout_and_order_is_given_back(state: str, repair: Repair | None) -> None:
    whole = with_strangers(payments=payment(ELSEWHERE, state=state))
    assert found(whole) == only("payment_of_no_checkout", repair, payment_of(ELSEWHERE))


def test_a_payment_without_checkout_whose_order_is_there_is_for_a_person() -> None:
    whole = with_strangers(payments=payment(ELSEWHERE), orders=order(ELSEWHERE))
    assert ("payment_of_no_checkout", None, frozenset({str(payment_of(ELSEWHERE))})) in found(whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"checkouts_known_since": NOW},
        {"since": NOW},
        {"read_at": NOW - timedelta(days=1)},
    ],
)
def test_what_is_too_old_or_too_new_to_have_a_checkout_that_was_read_is_let_alone(changes: dict[str, Any]) -> None:
    whole = with_strangers(orders=order(ELSEWHERE), payments=payment(ELSEWHERE), reservations=reservation(ELSEWHERE))
    assert found(replace(whole, seen=replace(whole.seen, **changes))) == set()


def test_a_checkout_that_had_been_called_off_ends_for_the_same_reason() -> None:
    told = reservation(BOUGHT, state="released", cart_state="open", metadata={"failure": {"status": 402}})
    whole = with_row(running(), reservations=told)
    ids = BOUGHT, reservation_of(BOUGHT)
    assert found(whole) == only("checkout_called_off_before", Repair.CALL_OFF_CHECKOUT, *ids)
    for memory in (replace(UNDECIDED, failing=True), replace(UNDECIDED, backward=True)):
        assert found(with_row(running(memory), reservations=told)) == set()
    untold = replace(told, metadata=None)
    assert found(with_row(running(), reservations=untold)) == set()


def test_a_stuck_checkout_is_tried_again() -> None:
    whole = running(WHOLE, state="stuck", last_error="order_not_found")
    assert found(whole) == only("checkout_stuck", Repair.RESUME_CHECKOUT, BOUGHT)


def test_what_began_while_all_was_read_is_not_compared() -> None:
    whole = world(memories={FAILED: CALLED_OFF})
    for name, part in (("orders", order_of), ("payments", payment_of), ("reservations", reservation_of)):
        whole = forgotten(whole, name, part(BOUGHT))
    assert found(replace(whole, seen=replace(whole.seen, book=[]))) == set()


# All together


def test_the_cause_names_the_service_that_went_back_and_when() -> None:
    restores = [Restored("payment", uuid.uuid4(), NOW), Restored("orders", uuid.uuid4(), BACK_TO)]
    whole = forgotten(world(restores=restores), "orders", order_of(BOUGHT))
    (difference,) = compare(whole)
    cause = "The order of a checkout that was paid is missing: orders went back to 2026-11-22 11:55:00 UTC."
    assert difference.cause == cause


def test_money_is_repaired_first_checkouts_last_and_people_come_at_the_end() -> None:
    lost = Memo(ELSEWHERE, reservation_of(ELSEWHERE), order_of(ELSEWHERE), payment_of(ELSEWHERE))
    whole = world(memos=[lost], accounts={BUYER: True})
    for name, part in (("orders", order_of), ("payments", payment_of), ("reservations", reservation_of)):
        whole = forgotten(whole, name, part(BOUGHT))
    assert [difference.repair for difference in compare(whole)] == [
        Repair.RESTORE_PAYMENT,
        Repair.RESTORE_RESERVATION,
        Repair.RESTORE_ORDER,
        Repair.RESTORE_CHECKOUT,
        None,
    ]


def test_every_repair_has_a_place_and_words() -> None:
    assert PHASES.keys() == PROPOSALS.keys() == set(Repair)


def test_a_difference_says_of_what_it_is() -> None:
    difference = Difference("code", "cause", None, (("order", "1"), ("payment", "2")))
    assert difference.subject == "order 1, payment 2"
    assert (difference.about("payment"), difference.key) == ("2", ("code", difference.ids))
