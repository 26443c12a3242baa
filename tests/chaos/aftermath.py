"""After the storm: what must hold within a minute, and what the audit cannot know.

The audit judges what the services hold, twice: as their databases have it, and through their APIs. Here is also judged
what lies outside of them: the mails that arrived, the answers that the load wrote down, and whether what is left on the
shelves can still be bought.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import requests

from chassis.testing_mailjet import FakeMailjet
from tests import audit
from tests.chaos.load import Market, settle
from tests.chaos.record import FINAL, Answer
from tests.shop import Api, Basket, Item, Shop

WITHIN = 60.0
LATE_JOB = "5 seconds"
MAIL_TASK = "chassis.mail.delivery.deliver_mail"
POLL_SECONDS = 1.0
ASKED_AT_ONCE = 4
ATTEMPTS = 5


EXPECTED_ERRORS = {
    "mailjet_rest.client": "it failed on purpose",
    "gunicorn.error": "it says that a worker was killed",
}
"""Loggers of the services whose errors are of the storm's making, and why."""


@dataclass
class Recovery:
    """How long it took until all held, and what did not (empty where all did)."""

    seconds: float
    findings: list[str]
    figures: dict[str, int] = field(default_factory=dict)


def wait_until_sound(
    shop: Shop, mailjet: FakeMailjet, *, record: Path | None = None, seconds: float = WITHIN
) -> Recovery:
    """Looks again and again, until nothing is wrong or the time is over.

    `record` is the file of what buyers were told, for the audit's command to compare.
    """
    began = time.monotonic()
    while True:
        recovery = _look(shop, mailjet, record)
        recovery.seconds = time.monotonic() - began
        if not recovery.findings or recovery.seconds > seconds:
            return recovery
        time.sleep(POLL_SECONDS)


def _look(shop: Shop, mailjet: FakeMailjet, record: Path | None) -> Recovery:
    try:
        wrong, figures = _mails(shop, mailjet)
        wrong += _jobs(shop)
        audit.audit(shop, seconds=0)
        if not wrong:
            wrong = _audited(shop, record)
    except psycopg2.OperationalError as error:
        return Recovery(0, [f"a database does not answer: {str(error).strip()}"])
    except AssertionError as error:
        wrong += str(error).splitlines()
    return Recovery(0, wrong, figures)


def _audited(shop: Shop, record: Path | None) -> list[str]:
    """What the audit's command finds, which reads through the services' APIs and knows what buyers were told."""
    told = [] if record is None else ["--record", str(record)]
    done = audit.run_audit(shop, "--since", "all", "--settle", "0", "--json", *told)
    if done.returncode not in {0, 1}:
        return [f"the audit's command could not see everything: {done.stderr.strip()}"]
    found = json.loads(done.stdout)["findings"]
    return [f"{finding['code']}: {finding['message']} {finding['ids']}" for finding in found]


def _jobs(shop: Shop) -> list[str]:
    """Jobs that are due and that nobody takes, sooner than the audit minds."""
    databases = audit.Databases(shop)
    query = (
        f"SELECT id, task, attempts FROM jobs_job WHERE state = 'waiting' AND run_at < now() - interval '{LATE_JOB}'"
    )
    return [
        f"{service.name}: job {row['id']} ({row['task']}) is due and not taken, after {row['attempts']} attempts"
        for service in shop.platform.services
        for row in databases.read(service.name, query)
    ]


def _mails(shop: Shop, mailjet: FakeMailjet) -> tuple[list[str], dict[str, int]]:
    """Each mail's job is done, and Mailjet has its message once; Mailjet has nothing else."""
    databases = audit.Databases(shop)
    states = {
        str(row["id"]): row["state"]
        for service in shop.platform.services
        for row in databases.read(service.name, "SELECT id, state FROM jobs_job WHERE task = %s", MAIL_TASK)
    }
    kept = Counter(message.get("CustomID", "") for message in list(mailjet.delivered))
    wrong = [f"mail job {job} is {state}" for job, state in states.items() if state != "done"]
    wrong += [f"mail job {job} is done and Mailjet has no message of it" for job in states if not kept[job]]
    wrong += [f"Mailjet has {count} messages of the job {job}" for job, count in kept.items() if count > 1]
    wrong += [f"Mailjet has a message of the job {job}, which does not exist" for job in kept if job not in states]
    return wrong, {"mails": len(kept), "calls to Mailjet": len(mailjet.calls)}


def errors_logged(log: Path) -> list[str]:
    """Errors that the services logged: a defect shows here also where its caller was only told to come again."""
    found: Counter[str] = Counter()
    for path in sorted(log.glob("*.log")):
        if path.stem.endswith("-postgres"):
            continue
        for line in path.read_text(errors="replace").splitlines():
            with suppress(ValueError):  # cut off by kill -9
                entry = json.loads(line)
                reason = _reason(entry)
                if entry["level"] in {"ERROR", "CRITICAL"} and not _is_expected(entry, reason):
                    found[f"{path.stem} logged: {entry['message']} {reason}".rstrip()] += 1
    return [f"{text} ({count} times)" for text, count in found.items()]


def _reason(entry: dict[str, Any]) -> str:
    """The exception's own line, the last that is not indented: PostgreSQL's messages go on in indented ones."""
    lines = str(entry.get("exc_info", entry.get("error", ""))).strip().splitlines()
    return next((line for line in reversed(lines) if not line[:1].isspace()), "")


def _is_expected(entry: dict[str, Any], reason: str) -> bool:
    without_database = reason.startswith(("django.db.utils.OperationalError", "django.db.utils.InterfaceError"))
    its_turn_comes_again = entry["message"] == "periodic task failed" and without_database
    return its_turn_comes_again or entry["logger"] in EXPECTED_ERRORS


def answers_still_true(market: Market) -> list[str]:
    """Asks the public API once more about each checkout and each order that a buyer was told of."""
    told = [answer for answer in market.record.answers if answer.promises]
    checkouts = {answer.checkout: answer for answer in told if answer.checkout}
    checkouts |= {answer.checkout: answer for answer in told if answer.checkout and answer.status in FINAL}
    orders = {answer.order: answer for answer in told if answer.order}
    buyers = {buyer.id: buyer.api for buyer in market.buyers}
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        wrong = [
            *pool.map(lambda answer: _checkout_now(buyers[str(answer.buyer)], answer), checkouts.values()),
            *pool.map(lambda answer: _order_now(buyers[str(answer.buyer)], answer), orders.values()),
        ]
    return [finding for finding in wrong if finding]


def _checkout_now(api: Api, told: Answer) -> str:
    now = _now(api, f"/checkouts/{told.checkout}").get("state", "unknown")
    possible = {201: {"completed"}, 202: {"completed", "failed"}}.get(told.status or 0, {"failed"})
    return "" if now in possible else f"checkout {told.checkout} was answered {told.status}, and now is {now}"


def _order_now(api: Api, told: Answer) -> str:
    now = _now(api, f"/orders/{told.order}").get("total")
    return "" if now == told.total else f"order {told.order} was shown with {told.total}, and now has {now}"


def _now(api: Api, path: str) -> dict[str, Any]:
    """What is answered, also that there is no such thing; a busy machine may need to be asked again."""
    for _attempt in range(ATTEMPTS):
        answer = api.call("GET", path)
        if answer.status_code in {200, 404}:
            break
        time.sleep(POLL_SECONDS)
    return dict(answer.json())


def corrections_counted_once(market: Market, shop: Shop, *, seconds: float = 30.0) -> list[str]:
    """Sends again what got no answer, then compares each variant's corrections with those that sellers made."""
    until = time.monotonic() + seconds
    while (left := [one for one in market.corrections if not one.counts]) and time.monotonic() < until:
        for correction in left:
            settle(market, correction)
    wrong = [f"the correction {one.key} of variant {one.item.variant} gets no answer" for one in left]
    made: Counter[str] = Counter()
    for one in market.corrections:
        made[one.item.variant] += one.delta
    query = "SELECT level_id, sum(delta) AS delta FROM stock_stockmovement WHERE reason = 'correction' GROUP BY 1"
    found = {str(row["level_id"]): int(row["delta"]) for row in audit.Databases(shop).read("inventory", query)}
    wrong += [
        f"variant {item.variant}: {found.get(item.variant, 0)} by corrections, sellers made {made[item.variant]}"
        for item in market.items
        if found.get(item.variant, 0) != made[item.variant]
    ]
    return wrong


def sell_the_rest(market: Market, shop: Shop) -> list[str]:
    """What was never sold can be: a buyer takes the rest of each scarce item, and then it is out of stock."""
    wrong = []
    for item in market.hot:
        left = shop.available(item)
        if left:
            answer = _buy(market, shop, item, left)
            if answer.status_code != 201:
                wrong.append(f"variant {item.variant}: {left} are offered, and buying them is answered {answer.text}")
        if shop.available(item) != 0:
            wrong.append(f"variant {item.variant}: {shop.available(item)} are left when all were bought")
        answer = _buy(market, shop, item, 1)
        if answer.status_code != 409 or answer.json()["code"] != "out_of_stock":
            wrong.append(f"variant {item.variant}: one more than all is answered {answer.text}")
    query = "SELECT variant_id, on_hand, reserved FROM stock_stocklevel WHERE variant_id = ANY(%s::uuid[])"
    levels = audit.Databases(shop).read("inventory", query, [item.variant for item in market.hot])
    wrong += [
        f"variant {row['variant_id']}: sold out with {row['on_hand']} on hand and {row['reserved']} reserved"
        for row in levels
        if row["on_hand"] or row["reserved"]
    ]
    return wrong


def _buy(market: Market, shop: Shop, item: Item, quantity: int) -> requests.Response:
    basket: Basket = shop.basket(market.buyers[0], item, quantity=quantity)
    return basket.decided(seconds=30)
