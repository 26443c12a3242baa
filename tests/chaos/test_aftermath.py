"""What is looked at after a storm, on a platform where something was broken on purpose."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.testing_mailjet import FakeMailjet
from tests.audit import Databases
from tests.chaos import aftermath
from tests.chaos.load import Correction, Market, settle
from tests.chaos.record import Answer, Kind, Record
from tests.shop import DECLINED, Shop, eventually

LAST_MAIL = "SELECT id FROM jobs_job WHERE task = %s AND state = 'done' ORDER BY id DESC LIMIT 1"


@pytest.fixture(scope="module")
def market(running_shop: Shop) -> Market:
    return Market(running_shop, Record(io.StringIO()), seed=1, visits=10, buyers=1)


@pytest.fixture
def sent(shop: Shop, market: Market) -> FakeMailjet:
    """A Mailjet that has the message of each mail that the platform sent, after at least one."""
    shop.anonymous.check(shop.basket(market.buyers[0], market.plentiful[0]).check_out(), 201)
    databases = Databases(shop)
    waiting = "SELECT 1 FROM jobs_job WHERE task = %s AND state = 'waiting'"
    services = [service.name for service in shop.platform.services]
    eventually(
        lambda: not any(databases.read(name, waiting, aftermath.MAIL_TASK) for name in services), 20, "the mails' end"
    )
    query = "SELECT id FROM jobs_job WHERE task = %s"
    jobs = [str(row["id"]) for name in services for row in databases.read(name, query, aftermath.MAIL_TASK)]
    return FakeMailjet(delivered=[{"CustomID": job} for job in jobs])


@pytest.fixture
def last_mail(sent: FakeMailjet, shop: Shop) -> Iterator[str]:
    """The id of the mail's job that was done last, which a test may change."""
    (row,) = Databases(shop).read("orders", LAST_MAIL, aftermath.MAIL_TASK)
    yield str(row["id"])
    Databases(shop).write("orders", "UPDATE jobs_job SET state = 'done' WHERE id = %s", str(row["id"]))


def test_a_platform_at_rest_is_sound_at_once(shop: Shop, sent: FakeMailjet) -> None:
    recovery = aftermath.wait_until_sound(shop, sent)
    assert recovery.findings == []
    assert recovery.seconds < aftermath.WITHIN
    assert recovery.figures["mails"] == len(sent.delivered)


def test_a_dead_job_is_found(shop: Shop, sent: FakeMailjet, last_mail: str) -> None:
    Databases(shop).write("orders", "UPDATE jobs_job SET state = 'dead' WHERE id = %s", last_mail)
    found = aftermath.wait_until_sound(shop, sent, seconds=0).findings
    assert found[0] == f"mail job {last_mail} is dead"
    assert [finding.split(":")[0] for finding in found[1:]] == ["job_dead"]
    assert last_mail in found[1]


def test_a_job_that_is_due_and_not_taken_is_found(shop: Shop, sent: FakeMailjet) -> None:
    databases = Databases(shop)
    columns = "(id, task, arguments, state, run_at, attempts, request_id, last_error, created_at)"
    due = (
        f"INSERT INTO jobs_job {columns}"
        " VALUES (%s, 'unknown', '{}', 'waiting', now() - interval '1 minute', 3, '', '', now())"
    )
    ident = str(uuid4())
    shop.platform.process("orders-worker").pause()
    try:
        databases.write("orders", due, ident)
        found = aftermath.wait_until_sound(shop, sent, seconds=0).findings
    finally:
        databases.write("orders", "DELETE FROM jobs_job WHERE id = %s", ident)
        shop.platform.process("orders-worker").resume()
    assert found == [f"orders: job {ident} (unknown) is due and not taken, after 3 attempts"]


def test_an_answer_that_never_was_true_is_found_by_the_audits_command(
    shop: Shop, sent: FakeMailjet, tmp_path: Path
) -> None:
    record = Record.in_file(tmp_path / "record.jsonl")
    basket = shop.basket(shop.buyer(), shop.item())
    record.add(Answer(Kind.CHECKOUT, 0, 0, basket.buyer.id, basket.key, 201, str(basket.checkout), str(basket.order)))
    record.close()
    found = aftermath.wait_until_sound(shop, sent, record=record.path, seconds=0).findings
    assert [finding.split(":")[0] for finding in found] == ["checkout_lost", "shown_order_missing"]
    assert str(basket.checkout) in found[0]


def test_a_mail_that_was_lost_doubled_or_made_up_is_found(shop: Shop, sent: FakeMailjet) -> None:
    lost, doubled = sent.delivered[0]["CustomID"], sent.delivered[1]["CustomID"]
    sent.delivered[0] = {"CustomID": "made up"}
    sent.delivered.append({"CustomID": doubled})
    assert aftermath.wait_until_sound(shop, sent, seconds=0).findings == [
        f"mail job {lost} is done and Mailjet has no message of it",
        f"Mailjet has 2 messages of the job {doubled}",
        "Mailjet has a message of the job made up, which does not exist",
    ]


def test_answers_that_are_not_true_any_more_are_found(shop: Shop, market: Market) -> None:
    buyer = market.buyers[0]
    bought, declined = shop.basket(buyer, market.items[-1]), shop.basket(buyer, market.items[-1], method=DECLINED)
    shop.anonymous.check(bought.check_out(), 201)
    shop.anonymous.check(declined.check_out(), 402)
    told = Answer(Kind.CHECKOUT, 0, 0, buyer.id, bought.key, 201, str(bought.checkout), str(bought.order), bought.total)
    refused = replace(told, key=declined.key, status=402, checkout=str(declined.checkout), order=None, total=None)
    market.record.answers = [told, refused, replace(told, status=202, order=None, total=None)]
    assert aftermath.answers_still_true(market) == []
    cheaper = {"amount": 1, "currency": "EUR"}
    market.record.answers = [
        replace(told, status=402, order=None),
        replace(refused, status=201),
        replace(told, kind=Kind.ORDER_SHOWN, checkout=None, status=200, total=cheaper),
        replace(told, kind=Kind.ORDER_SHOWN, checkout=None, status=200, order=str(declined.payment)),
    ]
    assert aftermath.answers_still_true(market) == [
        f"checkout {bought.checkout} was answered 402, and now is completed",
        f"checkout {declined.checkout} was answered 201, and now is failed",
        f"order {bought.order} was shown with {cheaper}, and now has {bought.total}",
        f"order {declined.payment} was shown with {bought.total}, and now has None",
    ]


def test_a_correction_without_an_answer_is_sent_again_and_one_that_was_lost_is_found(
    shop: Shop, market: Market
) -> None:
    item = market.plentiful[1]
    sent, unanswered = (Correction(item.seller, item, 2, key) for key in (uuid4().hex, uuid4().hex))
    assert settle(market, sent)
    market.corrections = [sent, unanswered]
    assert aftermath.corrections_counted_once(market, shop) == []
    assert unanswered.counts
    market.corrections.append(Correction(item.seller, item, -3, "never sent", counts=True))
    assert aftermath.corrections_counted_once(market, shop) == [
        f"variant {item.variant}: 4 by corrections, sellers made 1"
    ]


def test_scarce_items_are_sold_to_the_last_and_what_is_held_for_nobody_is_found(shop: Shop, market: Market) -> None:
    assert aftermath.sell_the_rest(market, shop) == []
    assert [shop.available(item) for item in market.hot] == [0] * len(market.hot)
    held = market.hot[0]
    more = {"delta": 1, "reason": "receipt"}
    inventory = shop.api("inventory", login=held.seller.login)
    inventory.expect("POST", f"/seller/variants/{held.variant}/movements", 201, json=more)
    hold = "UPDATE stock_stocklevel SET reserved = %s WHERE variant_id = %s"
    Databases(shop).write("inventory", hold, 1, held.variant)
    try:
        found = aftermath.sell_the_rest(market, shop)
    finally:
        Databases(shop).write("inventory", hold, 0, held.variant)
    assert found == [f"variant {held.variant}: sold out with 1 on hand and 1 reserved"]


def test_errors_that_services_log_are_found_but_for_those_of_the_storm(tmp_path: Path) -> None:
    def error(message: str, logger: str = "django.request", **more: str) -> str:
        return json.dumps({"level": "ERROR", "logger": logger, "message": message, **more})

    gone = "Traceback\n  in view\ndjango.db.utils.OperationalError: server closed the connection\n\tThis means\n\tthat."
    lines = [
        error("periodic task failed", "chassis.jobs.worker", exc_info=gone),
        error("Internal Server Error", exc_info="Traceback\n  in view\nKeyError: 'x'"),
        error("Internal Server Error", exc_info="Traceback\n  in another\nKeyError: 'x'"),
        error("job dead", "chassis.jobs.worker", error="refused"),
        error("periodic task failed", "chassis.jobs.worker", exc_info="django.db.utils.OperationalError: gone"),
        error("periodic task failed", "chassis.jobs.worker", exc_info="ValueError: wrong"),
        error("Timeout Error", "mailjet_rest.client"),
        '{"level": "ERROR", "logger": "django.requ',
        json.dumps({"level": "INFO", "logger": "access", "message": "request"}),
    ]
    (tmp_path / "orders-web.log").write_text("\n".join(lines))
    (tmp_path / "orders-postgres.log").write_text(error("FATAL:  terminating connection"))
    assert aftermath.errors_logged(tmp_path) == [
        "orders-web logged: Internal Server Error KeyError: 'x' (2 times)",
        "orders-web logged: job dead refused (1 times)",
        "orders-web logged: periodic task failed ValueError: wrong (1 times)",
    ]
