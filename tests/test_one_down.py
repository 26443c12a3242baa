"""With one service stopped or hanging, everything that does not need it works: the table of docs/architecture.md."""

import re
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import yaml

from local.services import ROOT
from tests.audit import audit, let_leases_run_out
from tests.faults import BEFORE, Held
from tests.shop import ADDRESS, PASSWORD, Basket, Item, Person, Shop, fresh_email, problem_of, together

SERVICES = ("auth", "inventory", "orders", "payment")
AT_ONCE = 12
QUICK = 8.0
"""Seconds within which an operation answers that does not need the service that hangs; a call out may take five."""
PATIENT = 25.0
"""Seconds within which everything is answered; the aggregator gives itself 20."""
ALL = {"works", "degraded", "202", "503"}


@dataclass(frozen=True)
class Prepared:
    """What the operations need, all of it made while everything was up."""

    shop: Shop
    buyer: Person
    seller: Person
    item: Item
    basket: Basket
    undecided: Basket
    carts: list[str]
    addresses: list[str]
    order: str
    sale: str
    account: str
    verification: str
    refresh: str

    def line(self, number: int) -> str:
        return f"/carts/{self.carts[number]}/lines/{self.item.variant}"


Operation = Callable[[Prepared], requests.Response]

OPERATIONS: Mapping[str, Operation] = {
    "POST /accounts": lambda p: p.shop.anonymous.call(
        "POST", "/accounts", json={"email": fresh_email(), "password": PASSWORD, "full_name": "Ada"}
    ),
    "POST /accounts/verify": lambda p: p.shop.anonymous.call(
        "POST", "/accounts/verify", json={"token": p.verification}
    ),
    "GET /accounts/me": lambda p: p.buyer.api.call("GET", "/accounts/me"),
    "POST /auth/token": lambda p: p.shop.anonymous.call(
        "POST", "/auth/token", json={"email": p.account, "password": PASSWORD}
    ),
    "POST /auth/token/refresh": lambda p: p.shop.anonymous.call(
        "POST", "/auth/token/refresh", json={"refresh": p.refresh}
    ),
    "POST /auth/token/revoke": lambda p: p.shop.anonymous.call("POST", "/auth/token/revoke", json={"refresh": "x"}),
    "GET /categories": lambda p: p.shop.anonymous.call("GET", "/categories"),
    "GET /products": lambda p: p.shop.anonymous.call("GET", "/products"),
    "GET /products/{id_or_slug}": lambda p: p.shop.anonymous.call("GET", f"/products/{p.item.slug}"),
    "POST /carts": lambda p: p.shop.anonymous.call("POST", "/carts"),
    "GET /carts/{id}": lambda p: p.shop.anonymous.call("GET", f"/carts/{p.carts[0]}"),
    "PUT /carts/{id}/lines/{variant}": lambda p: p.shop.anonymous.call("PUT", p.line(0), json={"quantity": 2}),
    "DELETE /carts/{id}/lines/{variant}": lambda p: p.shop.anonymous.call("DELETE", p.line(1)),
    "GET /addresses": lambda p: p.buyer.api.call("GET", "/addresses"),
    "POST /addresses": lambda p: p.buyer.api.call("POST", "/addresses", json=ADDRESS),
    "GET /addresses/{id}": lambda p: p.buyer.api.call("GET", f"/addresses/{p.addresses[0]}"),
    "PATCH /addresses/{id}": lambda p: p.buyer.api.call("PATCH", f"/addresses/{p.addresses[0]}", json={"city": "Lyon"}),
    "DELETE /addresses/{id}": lambda p: p.buyer.api.call("DELETE", f"/addresses/{p.addresses[1]}"),
    "POST /checkouts": lambda p: p.basket.check_out(),
    "GET /checkouts/{id}": lambda p: p.buyer.api.call("GET", f"/checkouts/{p.undecided.checkout}"),
    "POST /checkouts/{id}/cancel": lambda p: p.undecided.cancel(),
    "GET /orders": lambda p: p.buyer.api.call("GET", "/orders"),
    "GET /orders/{id}": lambda p: p.buyer.api.call("GET", f"/orders/{p.order}"),
    "GET /seller/sales": lambda p: p.seller.api.call("GET", "/seller/sales"),
    "POST /seller/sales/{id}/deliveries": lambda p: p.seller.api.call(
        "POST", f"/seller/sales/{p.sale}/deliveries", json={"carrier": "Colissimo", "tracking_number": "6A1"}
    ),
    "GET /status": lambda p: p.shop.anonymous.call("GET", "/status"),
}


def what_needs_what() -> dict[str, dict[str, str]]:
    """The table in docs/architecture.md: what each operation does while each service is down."""
    text = (ROOT / "docs" / "architecture.md").read_text().partition("## What needs what")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    head, _dashes, *body = rows
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}


def prepare(shop: Shop) -> Prepared:
    item = shop.item(stock=20)
    buyer, fresh = shop.buyer(), shop.registered(verified=False)
    bought = shop.basket(buyer, item).check_out()
    shop.anonymous.check(bought, 201)
    order = bought.json()["order"]
    undecided = shop.basket(buyer, item)
    return Prepared(
        shop=shop,
        buyer=buyer,
        seller=item.seller,
        item=item,
        basket=shop.basket(buyer, item),
        undecided=undecided,
        carts=[shop.basket(buyer, item).cart for _ in range(2)],
        addresses=[buyer.api.expect("POST", "/addresses", 201, json=ADDRESS)["id"] for _ in range(2)],
        order=order["id"],
        sale=order["seller_orders"][0]["id"],
        account=fresh.email,
        verification=shop.mailed_token(fresh.email),
        refresh=fresh.login.tokens["refresh"],
    )


def fits(answer: requests.Response, cell: str) -> str:
    """What is wrong with the answer, or nothing."""
    body: Any = answer.json() if answer.content else {}
    missing = body.get("degraded", [])
    match cell:
        case "works":
            right = answer.status_code in {200, 201, 204} and not missing
        case "degraded":
            right = answer.status_code == 200 and bool(missing)
        case "202":
            right = answer.status_code == 202 and body["state"] == "processing"
        case "503":
            right = answer.status_code == 503 and "Retry-After" in answer.headers
            problem_of(answer)
        case _:
            raise AssertionError(f"unknown cell {cell!r}")
    return "" if right else f"{cell} expected, got {answer.status_code} {answer.text[:300]}"


def walk(prepared: Prepared, service: str, cells: Collection[str], *, quick: float) -> list[str]:
    """Tries all operations with these cells, many at a time; returns what does not fit the table."""
    table = what_needs_what()

    def attempt(name: str) -> str:
        cell = table[name][service]
        began = time.monotonic()
        wrong = fits(OPERATIONS[name](prepared), cell)
        took = time.monotonic() - began
        if took > (quick if cell == "works" else PATIENT):
            wrong = wrong or f"{cell} as it should, but after {took:.1f} s"
        return f"{name} without {service}: {wrong}" if wrong else ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [
            wrong for wrong in pool.map(attempt, [name for name in table if table[name][service] in cells]) if wrong
        ]


def test_the_table_is_of_all_public_operations() -> None:
    spec = yaml.safe_load((ROOT / "aggregator_service" / "openapi.yaml").read_text())
    operations = {
        f"{method.upper()} {re.sub('^/api/v1', '', path)}" for path, item in spec["paths"].items() for method in item
    }
    assert set(what_needs_what()) == set(OPERATIONS) == operations


@pytest.mark.parametrize("service", SERVICES)
def test_with_a_service_stopped_all_else_works(shop: Shop, service: str) -> None:
    prepared = prepare(shop)
    with ThreadPoolExecutor(1) as pool:
        held = begin_undecided(prepared, pool)
        shop.platform.stop_service(service, kill=True)
        if service == "auth":
            # Nothing is left in memory: keys, the platform's own token and the sellers' names must come from elsewhere.
            shop.kill("aggregator-web")
            shop.platform.wait_until_ready("aggregator")
        try:
            wrong = walk(prepared, service, ALL, quick=PATIENT)
            status = shop.anonymous.expect("GET", "/status", 200)
        finally:
            shop.platform.start_service(service)
        held.drop()
    assert wrong == []
    assert (status["status"], [one["name"] for one in status["services"] if one["status"] == "down"]) == (
        "degraded",
        [service],
    )
    check_what_was_begun(prepared, service)


@pytest.mark.parametrize("cells", [{"works", "degraded"}, pytest.param(ALL, marks=pytest.mark.exhaustive)], ids=len)
@pytest.mark.parametrize("service", SERVICES)
def test_with_a_service_hanging_all_else_is_answered_in_time(shop: Shop, service: str, cells: set[str]) -> None:
    prepared = prepare(shop)
    with ThreadPoolExecutor(1) as pool:
        held = begin_undecided(prepared, pool)
        if service == "auth":
            shop.kill("aggregator-web")
            shop.platform.wait_until_ready("aggregator")
        shop.platform.process(f"{service}-web").pause()
        wrong = walk(prepared, service, cells, quick=QUICK)
        shop.platform.process(f"{service}-web").resume()
        held.drop()
    assert wrong == []
    if cells is ALL:
        check_what_was_begun(prepared, service)
    else:
        shop.wait_until_whole()
        prepared.undecided.cancel()
        audit(shop)


def begin_undecided(prepared: Prepared, pool: ThreadPoolExecutor) -> Held:
    """Sends the checkout that stays undecided, because its payment is held back and will never arrive."""
    path = f"/payments/{prepared.undecided.payment}$"
    held = prepared.shop.proxies["payment"].hold("PUT", path, at=BEFORE, once=False)
    pool.submit(prepared.undecided.try_to_check_out)
    held.wait()
    return held


def check_what_was_begun(prepared: Prepared, service: str) -> None:
    """What was answered with 202 is ended now that the service is back; what was refused can be done again."""
    shop = prepared.shop
    shop.wait_until_whole()
    let_leases_run_out(shop, [prepared.basket, prepared.undecided])
    shop.anonymous.check(prepared.basket.decided(), 201)
    problem_of(prepared.undecided.decided(), "checkout_cancelled")
    audit(shop)
    for name in ("GET /products", "GET /orders", "POST /accounts/verify", "POST /auth/token"):
        assert fits(OPERATIONS[name](prepared), "works") == "", f"{name} after {service} came back"


def test_calls_that_wait_for_a_hanging_service_leave_room_for_all_others(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.login.access()
    shop.platform.process("orders-web").pause()
    with ThreadPoolExecutor(24) as pool:
        waiting = [pool.submit(buyer.api.call, "GET", "/addresses") for _ in range(24)]
        time.sleep(0.5)
        for _ in range(5):
            began = time.monotonic()
            shop.anonymous.expect("GET", "/categories", 200)
            assert time.monotonic() - began < QUICK
        answers = [each.result() for each in waiting]
    shop.platform.process("orders-web").resume()
    assert {answer.status_code for answer in answers} == {503}


def test_a_refused_checkout_leaves_its_key_unused(shop: Shop) -> None:
    """503 is answered only before the checkout is written down."""
    basket = shop.basket(shop.buyer(), shop.item())
    shop.platform.stop_service("inventory", kill=True)
    refused = basket.check_out()
    shop.platform.start_service("inventory")
    shop.anonymous.check(refused, 503)
    problem_of(refused)
    basket.buyer.api.refused("GET", f"/checkouts/{basket.checkout}", 404)
    # Another body under that key: it is as if it had never been sent.
    basket.method = "pm_card_mastercard"
    shop.anonymous.check(basket.check_out(), 201)
    audit(shop)


def test_mails_wait_for_their_worker(shop: Shop) -> None:
    """Registration needs no mail to be delivered; it is when the worker is back."""
    shop.platform.process("auth-worker").pause()
    buyer = fresh_email()
    account = {"email": buyer, "password": PASSWORD, "full_name": "Ada"}
    shop.anonymous.expect("POST", "/accounts", 201, json=account, key=str(uuid.uuid4()))
    assert shop.mails_to(buyer) == []
    shop.platform.process("auth-worker").resume()
    shop.mail_to(buyer, "")


def test_a_logged_in_buyer_buys_while_the_auth_service_is_down(shop: Shop) -> None:
    item = shop.item(stock=8)
    baskets = [shop.basket(shop.buyer(), item) for _ in range(4)]
    shop.platform.stop_service("auth", kill=True)
    shop.kill("aggregator-web", "aggregator-worker", "orders-web", "inventory-web", "payment-web")
    shop.platform.wait_until_ready("aggregator")
    for service in ("inventory", "orders", "payment"):
        shop.platform.wait_until_ready(service)
    answers = together(basket.check_out for basket in baskets)
    shop.platform.start_service("auth")
    assert [answer.status_code for answer in answers] == [201] * 4
    audit(shop)
