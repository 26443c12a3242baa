"""The audit's command on the running platform: nothing after purchases, and whatever was damaged behind its back."""

import json
import subprocess
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.audit import Databases, audit, run_audit, wait_for_the_end
from tests.faults import BEFORE
from tests.shop import DECLINED, Basket, Shop, eur, in_background

AT_REST = ("--since", "all", "--settle", "0", "--json")


def found_by(done: subprocess.CompletedProcess[str]) -> set[tuple[str, frozenset[str]]]:
    """Code and ids of each finding."""
    assert done.returncode in {0, 1}, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == (1 if report["findings"] else 0)
    return {(finding["code"], frozenset(finding["ids"].values())) for finding in report["findings"]}


def finding(code: str, *ids: object) -> tuple[str, frozenset[str]]:
    return code, frozenset(map(str, ids))


def bought(shop: Shop, count: int) -> list[Basket]:
    """Purchases of one buyer, each of two pieces of an item of its own."""
    buyer = shop.buyer()
    baskets = [shop.basket(buyer, shop.item(), quantity=2) for _ in range(count)]
    for basket in baskets:
        shop.anonymous.check(basket.check_out(), 201)
    wait_for_the_end(shop)
    return baskets


def variant_of(shop: Shop, basket: Basket) -> Any:
    query = "SELECT variant_id FROM stock_reservationline WHERE reservation_id = %s"
    (line,) = Databases(shop).read("inventory", query, str(basket.reservation))
    return line["variant_id"]


# Each as (service, what breaks, what mends).
Damage = tuple[str, str, str]


def update(service: str, table: str, condition: str, *, broken: str, mended: str) -> Damage:
    return (
        service,
        f"UPDATE {table} SET {broken} WHERE {condition}",
        f"UPDATE {table} SET {mended} WHERE {condition}",
    )


def change_on_hand(variant: object) -> Damage:
    """Past the trigger that lets only movements do so."""
    break_it, mend_it = (
        "ALTER TABLE stock_stocklevel DISABLE TRIGGER stock_level_guard;"
        f"UPDATE stock_stocklevel SET on_hand = on_hand {change} WHERE variant_id = '{variant}';"
        "ALTER TABLE stock_stocklevel ENABLE TRIGGER stock_level_guard"
        for change in ("+ 1", "- 1")
    )
    return "inventory", break_it, mend_it


def give_order_another_id(order: object, other: object) -> Damage:
    """The order that its checkout knows is gone, and one that no checkout knows is there."""
    break_it, mend_it = (
        f"UPDATE orders_order SET id = '{after}' WHERE id = '{before}';"
        f"UPDATE orders_sellerorder SET order_id = '{after}' WHERE order_id = '{before}'"
        for before, after in ((order, other), (other, order))
    )
    return "orders", break_it, mend_it


def test_it_finds_nothing_after_purchases_and_all_that_was_damaged_since(shop: Shop) -> None:
    flipped, vanished, booked, left, moved = bought(shop, 5)
    declined = shop.basket(flipped.buyer, shop.item(), method=DECLINED)
    shop.anonymous.check(declined.check_out(), 402)
    assert found_by(run_audit(shop, *AT_REST)) == set()

    variants = {basket: variant_of(shop, basket) for basket in (left, moved)}
    (job,) = Databases(shop).read("orders", "SELECT id FROM jobs_job WHERE state = 'done' LIMIT 1")
    elsewhere = uuid.uuid4()
    of_booked = f"intent_id = (SELECT reference FROM sandbox_sandboxintent WHERE payment = '{booked.payment}')"
    damages = [
        update(
            *("payment", "payments_payment", f"id = '{flipped.payment}'"),
            broken="state = 'cancelled', captured_at = NULL",
            mended="state = 'captured', captured_at = now()",
        ),
        update(
            *("payment", "sandbox_sandboxevent", f"{of_booked} AND moved_amount > 0"),
            broken="moved_amount = moved_amount + 1",
            mended="moved_amount = moved_amount - 1",
        ),
        update(
            *("orders", "orders_order", f"id = '{declined.order}'"),
            broken="state = 'pending'",
            mended="state = 'rejected'",
        ),
        update("orders", "jobs_job", f"id = '{job['id']}'", broken="state = 'dead'", mended="state = 'done'"),
        update(
            *("inventory", "stock_reservation", f"id = '{left.reservation}'"),
            broken="state = 'live', finished_at = NULL",
            mended="state = 'committed', finished_at = now()",
        ),
        change_on_hand(variants[moved]),
        give_order_another_id(vanished.order, elsewhere),
    ]
    found = found_by_audit_of(shop, damages)
    assert found == {
        finding("payment_not_captured", flipped.checkout, flipped.payment),
        finding("taken_off_book", flipped.payment),
        finding("taken_off_book", booked.payment),
        finding("order_of_failed_checkout", declined.checkout, declined.order),
        finding("job_dead", "orders", job["id"]),
        finding("reservation_not_committed", left.checkout, left.reservation),
        finding("cart_differs", left.cart, left.reservation),
        finding("reserved_off_reservations", variants[left]),
        finding("stock_off_ledger", variants[moved]),
        finding("order_missing", vanished.checkout, vanished.order),
        finding("order_of_no_checkout", elsewhere),
        finding("order_not_paid", elsewhere),
    }
    audit(shop)


def found_by_audit_of(shop: Shop, damages: Sequence[Damage]) -> set[tuple[str, frozenset[str]]]:
    """What the audit finds while the damage is there."""
    done = []
    try:
        for service, break_it, mend_it in damages:
            Databases(shop).write(service, break_it)
            done.append((service, mend_it))
        return found_by(run_audit(shop, *AT_REST))
    finally:
        for service, mend_it in done:
            Databases(shop).write(service, mend_it)


def test_answers_that_buyers_got_are_compared_with_what_is_there(shop: Shop, tmp_path: Path) -> None:
    kept, wronged = bought(shop, 2)
    declined = shop.basket(kept.buyer, shop.item(), method=DECLINED)
    shop.anonymous.check(declined.check_out(), 402)
    never = uuid.uuid4()
    record = tmp_path / "record.jsonl"

    def write(*entries: dict[str, Any]) -> None:
        record.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))

    def answer(basket: Basket, status: int, **shown: Any) -> dict[str, Any]:
        return {"kind": "checkout", "buyer": basket.buyer.id, "key": basket.key, "status": status, **shown}

    true = [
        answer(kept, 202, checkout=str(kept.checkout)),
        answer(kept, 201, checkout=str(kept.checkout), order=str(kept.order), total=kept.total),
        answer(wronged, 201, order=str(wronged.order), total=wronged.total),
        {"kind": "order_shown", "buyer": kept.buyer.id, "order": str(kept.order), "total": kept.total},
        answer(declined, 402),
        answer(declined, 503),
    ]
    write(*true)
    assert found_by(run_audit(shop, *AT_REST, "--record", str(record))) == set()
    write(
        *true,
        answer(wronged, 409),
        {"kind": "order_shown", "buyer": kept.buyer.id, "order": str(never), "total": eur(1)},
        {"kind": "order_shown", "buyer": str(never), "order": str(wronged.order), "total": eur(1)},
    )
    # Also where what the record names is older than what is judged.
    done = run_audit(shop, "--since", "2100-01-01", "--settle", "0", "--json", "--record", str(record))
    assert found_by(done) == {
        finding("key_answered_both_ways", wronged.buyer.id, wronged.key),
        finding("refused_but_alive", wronged.checkout, wronged.order),
        finding("shown_order_missing", never),
        finding("shown_total_differs", wronged.order),
        finding("shown_buyer_differs", wronged.order),
    }


def test_one_that_could_not_see_everything_says_so(shop: Shop) -> None:
    shop.platform.stop_service("orders")
    try:
        done = run_audit(shop, *AT_REST)
    finally:
        shop.platform.start_service("orders")
    assert done.returncode == 2
    assert set(json.loads(done.stdout)["unread"]) == {"orders"}
    assert "could not see everything. orders: " in done.stderr


def test_a_person_reads_a_report_in_markdown(shop: Shop) -> None:
    bought(shop, 1)
    done = run_audit(shop)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# Audit of ")
    assert "## No findings" in done.stdout
    assert "reading orders of orders" in done.stderr


def test_what_was_called_off_before_it_arrived_is_read_like_all_else(shop: Shop) -> None:
    basket = shop.basket(shop.buyer(), shop.item())
    held = shop.proxies["inventory"].hold("PUT", f"/reservations/{basket.reservation}$", at=BEFORE)
    with ThreadPoolExecutor(1) as pool:
        in_background(pool, [basket])
        held.wait()
        basket.cancel()
        held.drop()
    assert basket.decided().status_code == 409
    query = "SELECT state, cart_id FROM stock_reservation WHERE id = %s"
    (tombstone,) = Databases(shop).read("inventory", query, str(basket.reservation))
    assert (tombstone["state"], tombstone["cart_id"]) == ("released", None)
    assert found_by(run_audit(shop, *AT_REST)) == set()
