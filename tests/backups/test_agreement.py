"""Agreement afterwards: the database of each service in turn is restored to a moment of before while the others are
not, with people buying all the time, and reconcile brings all of them to agreement again.
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from local.services import SERVICES
from tests.audit import Databases, audit, run_audit, wait_for_the_end
from tests.backups.drill import Drill
from tests.shop import ADDRESS, DECLINED, PASSWORD, Basket, Item, Person, Shop, eur, text_of
from tests.test_permissions import contents

SERVICE_NAMES = tuple(service.name for service in SERVICES)
SLOW = "pm_sandbox_slow"
BUYERS = 6
AT_ONCE = 4
BACK_SECONDS = float(os.environ.get("DRILL_BACK_SECONDS", "0"))
"""How far each database goes back at least; people buy all the while."""


@dataclass
class Street:
    """People who buy, and what they were told: kept for the audit, which proves that it is still true."""

    shop: Shop
    record: Path
    told: list[tuple[Basket, requests.Response]] = field(default_factory=list)
    left_open: list[Basket] = field(default_factory=list)
    newcomers: list[Person] = field(default_factory=list)
    given_back: Counter[uuid.UUID] = field(default_factory=Counter)
    """Of checkouts, in minor units."""
    _items: list[Item] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def item(self) -> Item:
        """One that there is enough of, made long before."""
        if not self._items:
            self._items = [self.shop.item(stock=20_000, seller=number) for number in range(2)]
        return self._items[len(self.told) % 2]

    def busy(self) -> None:
        """A while of everything that people do."""
        self.item()
        buyers = [self.shop.buyer() for _ in range(BUYERS)]
        acts = [
            lambda: self.buys(buyers[0]),
            lambda: self.buys(buyers[1], own=True),
            lambda: self.buys(buyers[2], items=2),
            lambda: self.buys(buyers[3], item=self.shop.item(stock=3)),  # put up a moment ago
            lambda: self.declined(buyers[0]),
            lambda: self.declined(buyers[4], again=True),
            lambda: self.out_of_stock(buyers[1]),
            lambda: self.cancels(buyers[2]),
            lambda: self.leaves(buyers[5]),
            lambda: self.moves_house(buyers[4]),
            lambda: self.fills_a_cart(buyers[5]),
            self.joins,
            lambda: self.sends_back(buyers[3]),
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(act) for act in acts]:
                done.result()

    def a_while(self) -> None:
        """People who buy whatever breaks meanwhile: what they were told counts, if they were told anything."""
        for _visit in range(3):
            with suppress(requests.RequestException, AssertionError):
                self.leaves(self.shop.buyer())

    def sends(self, basket: Basket, status: int) -> requests.Response:
        answer = basket.decided()
        self.shop.anonymous.check(answer, status)
        with self._lock:
            self.told.append((basket, answer))
        return answer

    def buys(self, buyer: Person, *, own: bool = False, items: int = 1, item: Item | None = None) -> None:
        more = [self.shop.item(stock=5, seller=1)] if items > 1 else []
        basket = self.shop.basket(buyer, item or self.item(), *more, quantity=2, own=own)
        self.sends(basket, 201)

    def declined(self, buyer: Person, *, again: bool = False) -> None:
        basket = self.shop.basket(buyer, self.item(), method=DECLINED)
        self.sends(basket, 402)
        if again:  # with the same cart
            self.sends(Basket(buyer, basket.cart, basket.total, basket.address, "pm_card_visa"), 201)

    def out_of_stock(self, buyer: Person) -> None:
        self.sends(self.shop.basket(buyer, self.shop.item(stock=1), quantity=2), 409)

    def cancels(self, buyer: Person) -> None:
        basket = self.shop.basket(buyer, self.item(), method=SLOW)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(basket.try_to_check_out)
            time.sleep(0.4)
            basket.cancel()
        with self._lock:
            self.told.append((basket, basket.decided()))

    def leaves(self, buyer: Person) -> None:
        """Sends a checkout, and does not wait for what becomes of it."""
        basket = self.shop.basket(buyer, self.item(), method=SLOW)
        with suppress(requests.RequestException):
            buyer.api.call("POST", "/checkouts", json=basket.body(), key=basket.key, timeout=0.5)
        with self._lock:
            self.left_open.append(basket)

    def moves_house(self, buyer: Person) -> None:
        address = buyer.api.expect("POST", "/addresses", 201, json={**ADDRESS, "city": "Lyon"})["id"]
        basket = self.shop.basket(buyer, self.item())
        self.sends(Basket(buyer, basket.cart, basket.total, address, basket.method), 201)
        buyer.api.expect("PATCH", f"/addresses/{address}", 200, json={"city": "Nice"})

    def fills_a_cart(self, buyer: Person) -> None:
        self.shop.basket(buyer, self.item(), own=True)

    def joins(self) -> None:
        newcomer = self.shop.registered()
        self.buys(newcomer)
        with self._lock:
            self.newcomers.append(newcomer)

    def sends_back(self, buyer: Person) -> None:
        """What arrived broken, and gets a part of the money back; so does somebody who bought long before."""
        longest_ago = next(
            (
                basket
                for basket, answer in self.told
                if answer.status_code == 201 and basket.total["amount"] - self.given_back[basket.checkout] >= 100
            ),
            None,
        )
        basket = self.shop.basket(buyer, self.item(), quantity=2)
        self.sends(basket, 201)
        for each in filter(None, (basket, longest_ago)):
            self.gives_back(each, 100)

    def gives_back(self, basket: Basket, amount: int) -> None:
        """As the platform does it."""
        credentials = {"client_id": "aggregator", "client_secret": self._secret()}
        token = self.shop.api("auth").expect("POST", "/auth/service-token", 200, json=credentials)["access"]
        body = {"payment": str(basket.payment), "amount": eur(amount), "reason": "It arrived broken."}
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/refunds/{uuid.uuid4()}"
        answer = self.shop.api("payment").expect("PUT", path, 201, json=body, headers=headers)
        assert answer["state"] == "succeeded"
        with self._lock:
            self.given_back[basket.checkout] += amount

    def _secret(self) -> str:
        (aggregator,) = (service for service in SERVICES if service.name == "aggregator")
        return self.shop.platform.variables(aggregator)["SERVICE_CLIENT_SECRET"]

    def write_record(self) -> Path:
        """All answers, as the audit reads them."""
        with self.record.open("w") as file:
            for basket, answer in self.told:
                body = answer.json()
                order = body.get("order") or {}
                entry = {
                    "kind": "checkout",
                    "buyer": basket.buyer.id,
                    "key": basket.key,
                    "status": answer.status_code,
                    "checkout": body.get("id") or body.get("checkout"),
                    "order": order.get("id"),
                    "total": order.get("total"),
                }
                file.write(json.dumps(entry) + "\n")
        return self.record


@pytest.fixture(scope="module")
def street(running_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Street:
    return Street(running_shop, tmp_path_factory.mktemp("record") / "record.jsonl")


@pytest.fixture(scope="module")
def backed_up(street: Street) -> Street:
    """With a backup of each database, taken while people bought: a copy of no single moment."""
    street.busy()
    with ThreadPoolExecutor(3) as pool:
        people = pool.submit(street.a_while)
        for done in list(pool.map(lambda service: Drill(street.shop.platform, service).take("full"), SERVICE_NAMES)):
            assert "full backup" in done.output
        people.result()
    return street


def moments(street: Street) -> dict[str, datetime]:
    """A moment for each service, while people buy; they have bought before, and go on afterwards."""
    found = {}
    with ThreadPoolExecutor(1) as pool:
        people = pool.submit(street.busy)
        for service in SERVICE_NAMES:
            time.sleep(0.5)
            found[service] = datetime.now(UTC)
        people.result()
    street.busy()
    while (datetime.now(UTC) - max(found.values())).total_seconds() < BACK_SECONDS:
        street.busy()
    return found


@dataclass(frozen=True)
class Book:
    """All that the provider wrote down."""

    tables: dict[str, str]

    NAMES = ("sandbox_sandboxintent", "sandbox_sandboxrefund", "sandbox_sandboxevent")

    @classmethod
    def read(cls, shop: Shop) -> "Book":
        with closing(Databases(shop).connection("payment")) as connection, connection.cursor() as cursor:
            tables = {}
            for name in cls.NAMES:
                copied = io.StringIO()
                cursor.copy_expert(f"COPY (SELECT * FROM {name} ORDER BY 1) TO STDOUT", copied)
                tables[name] = copied.getvalue()
        return cls(tables)

    def write(self, shop: Shop) -> None:
        """In place of what a database that went back has of it."""
        with closing(Databases(shop).connection("payment")) as connection, connection.cursor() as cursor:
            for name in reversed(self.NAMES):
                cursor.execute(f"DELETE FROM {name}")
            for name in self.NAMES:
                cursor.copy_expert(f"COPY {name} FROM STDIN", io.StringIO(self.tables[name]))
            cursor.execute("SELECT setval('sandbox_sandboxevent_id_seq', (SELECT max(id) FROM sandbox_sandboxevent))")
            connection.commit()

    @property
    def moved(self) -> set[str]:
        """The lines of money."""
        return {line for line in self.tables["sandbox_sandboxevent"].splitlines() if "succeeded" in line}


def refunds(shop: Shop) -> set[tuple[Any, ...]]:
    """As the payment service wrote them down: which, of what, how much, and the provider's name of it."""
    columns = ("id", "payment_id", "amount", "state", "provider_reference")
    return {tuple(map(row.get, columns)) for row in Databases(shop).read("payment", "SELECT * FROM payments_refund")}


def reconcile_command(shop: Shop, *options: str) -> dict[str, Any]:
    (aggregator,) = (service for service in shop.platform.services if service.name == "aggregator")
    return {
        "args": [sys.executable, "manage.py", "reconcile", "--json", *options],
        "cwd": aggregator.folder,
        "env": shop.platform.variables(aggregator),
        "text": True,
    }


def reconcile(shop: Shop, *options: str) -> dict[str, Any]:
    """The report of `manage.py reconcile`, as an operator runs it."""
    done = subprocess.run(**reconcile_command(shop, *options), capture_output=True, check=False, timeout=120)
    assert done.returncode in {0, 1}, done.stderr[-5000:]
    assert done.stdout, done.stderr[-5000:]
    report: dict[str, Any] = json.loads(done.stdout)
    open_ends = report["left"] or report["undecided"]
    if not report["applied"]:
        open_ends = open_ends or report["differences"] or report["restores"]
    assert done.returncode == (1 if open_ends else 0)
    return report


def kill_in_the_middle(shop: Shop, *, repairs: int) -> None:
    """kill -9 of a reconcile that has made some of its repairs."""
    with subprocess.Popen(
        **reconcile_command(shop, "--apply"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if f"repairing {repairs} of" in line:
                process.send_signal(signal.SIGKILL)
                break
        else:
            raise AssertionError("it ended before it was killed")


def codes(report: dict[str, Any]) -> Counter[str]:
    return Counter(difference["code"] for difference in report["differences"])


EXPECTED = {
    "orders": {"order_missing"},
    "payment": {"payment_missing"},
    "inventory": {"reservation_missing"},
    "auth": {"account_missing", "logins_resurrected"},
    "aggregator": {"checkout_missing"},
}
"""What is among the differences after the restore of each service."""


def test_each_service_goes_back_and_all_agree_afterwards(backed_up: Street, shop: Shop) -> None:
    street = backed_up
    chosen = moments(street)
    for service in SERVICE_NAMES:
        basket = shop.basket(shop.buyer(), street.item())
        disaster(street, {service: chosen[service]})
        refuses_to_write(shop, service, basket)
        if service == "orders":
            before = contents(Databases(shop), service)
            planned = reconcile(shop)
            assert codes(planned).keys() >= EXPECTED[service], planned
            assert (planned["left"], planned["applied"]) == ([], False)
            assert contents(Databases(shop), service) == before
        kill_in_the_middle(shop, repairs=2)
        report = reconcile(shop, "--apply")
        assert report["left"] == [], report["left"]
        assert [restore["service"] for restore in report["restores"]] == [service]
        assert found_codes(shop) >= EXPECTED[service]
        if service == "auth":
            passwords_are_chosen_anew(shop)
        all_agree(street)
    again = reconcile(shop, "--apply")
    assert (again["restores"], again["differences"], again["left"]) == ([], [], [])
    nothing_told_is_untrue(street)


def test_a_provider_that_did_not_go_back_with_the_payments_has_the_last_word(backed_up: Street, shop: Shop) -> None:
    """At another moment; and the book stays as it is, as that of a real provider would."""
    street = backed_up
    chosen = moments(street)
    shop.platform.stop_service("payment", kill=True)
    try:
        book, given_back = Book.read(shop), refunds(shop)
        say_how_far({"payment": chosen["payment"]})
        Drill(shop.platform, "payment").restore(chosen["payment"])
        book.write(shop)
    finally:
        shop.platform.start_service("payment")
    shop.wait_until_whole()
    report = reconcile(shop, "--apply")
    assert report["left"] == [], report["left"]
    assert codes(report)["payment_missing"] > 1
    assert codes(report)["refund_missing"] > 1
    all_agree(street)
    assert Book.read(shop).moved >= book.moved
    assert refunds(shop) >= given_back
    nothing_told_is_untrue(street)


@pytest.mark.parametrize("services", [("orders", "payment"), ("auth", "inventory")])
def test_two_services_go_back_to_different_moments_and_all_agree_afterwards(
    backed_up: Street, shop: Shop, services: tuple[str, str]
) -> None:
    street = backed_up
    chosen = moments(street)
    disaster(street, {service: chosen[service] for service in services})
    report = reconcile(shop, "--apply")
    assert report["left"] == [], report["left"]
    assert {restore["service"] for restore in report["restores"]} == set(services)
    assert codes(report).keys() >= EXPECTED[services[0]] | EXPECTED[services[1]]
    if "auth" in services:
        passwords_are_chosen_anew(shop)
    all_agree(street)
    nothing_told_is_untrue(street)


def disaster(street: Street, chosen: dict[str, datetime]) -> None:
    """While people buy, the databases go back, all at once, each to its moment."""
    shop = street.shop
    with ThreadPoolExecutor(2 + len(chosen)) as pool:
        pool.submit(street.leaves, shop.buyer())
        people = pool.submit(street.a_while)
        time.sleep(0.4)
        say_how_far(chosen)
        list(pool.map(lambda service: Drill(shop.platform, service).restore(chosen[service]), chosen))
        people.result()
    shop.wait_until_whole()


def say_how_far(chosen: dict[str, datetime]) -> None:
    """A database goes back as far as people have bought meanwhile: what happened counts, not how long it took."""
    for service, moment in chosen.items():
        print(f"{service} goes back {(datetime.now(UTC) - moment).total_seconds():.0f} s", flush=True)


def passwords_are_chosen_anew(shop: Shop) -> None:
    """By those whose accounts came back without: with the mailed link."""
    forgotten = Databases(shop).read("auth", "SELECT email FROM accounts_account WHERE left(password, 1) = '!'")
    assert forgotten
    for row in forgotten:
        link = re.search(r"[?&]token=([\w-]+)", text_of(shop.mail_to(row["email"], "choose a new password")))
        assert link is not None
        shop.anonymous.expect("POST", "/accounts/verify", 204, json={"token": link[1], "password": PASSWORD})


def all_agree(street: Street) -> None:
    shop = street.shop
    shop.wait_until_whole()
    wait_for_the_end(shop)
    audit(shop)
    what_buyers_were_told_is_told_again(street)


def nothing_told_is_untrue(street: Street) -> None:
    """By the audit's own command, which reads through the services."""
    options = ("--since", "all", "--settle", "0", "--json", "--record", str(street.write_record()))
    done = run_audit(street.shop, *options)
    assert json.loads(done.stdout)["findings"] == [], done.stdout


def found_codes(shop: Shop) -> set[str]:
    """Of all that was ever found; everything was repaired, also what a run that was killed had no time to note."""
    rows = Databases(shop).read("aggregator", "SELECT code, state FROM reconciliation_finding")
    assert {row["state"] for row in rows} == {"applied"}
    return {row["code"] for row in rows}


def refuses_to_write(shop: Shop, service: str, basket: Basket) -> None:
    """Through the shop, where nobody gets what only the restored service could give."""
    newcomer = {"email": "late@example.com", "password": "four words of nonsense", "full_name": "L"}
    calls: dict[str, Callable[[], requests.Response]] = {
        "auth": lambda: shop.anonymous.call("POST", "/accounts", json=newcomer),
        "inventory": lambda: shop.anonymous.call("POST", "/carts"),
        "orders": lambda: basket.buyer.api.call("POST", "/addresses", json=ADDRESS),
        "payment": basket.check_out,
        "aggregator": basket.check_out,
    }
    # A checkout that cannot be paid for yet goes on later.
    assert calls[service]().status_code in ({202, 503} if service == "payment" else {503})


def what_buyers_were_told_is_told_again(street: Street) -> None:
    """To the byte, but for an order that its checkout was told anew: that may have been given back in part since."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda told: told[0].decided(), street.told))
    for (basket, told), answer in zip(street.told, answers, strict=True):
        assert answer.status_code == told.status_code, (basket.checkout, told.text, answer.text)
        before, now = told.json(), answer.json()
        if told.status_code == 201:
            refunded = now["order"]["payment"].pop("refunded")["amount"]
            then = before["order"]["payment"].pop("refunded")["amount"]
            assert now["order"] == before["order"], basket.checkout
            assert refunded == then or then < refunded <= street.given_back[basket.checkout], basket.checkout
        else:
            assert {**now, "request_id": ""} == {**before, "request_id": ""}, basket.checkout


def test_nobody_is_mailed_twice(street: Street) -> None:
    """Of all confirmations that were ever mailed, each order has one."""
    shop = street.shop
    bought = {answer.json()["order"]["reference"] for _basket, answer in street.told if answer.status_code == 201}
    assert bought
    mailed: Counter[str] = Counter()
    for person in {basket.buyer.email for basket, _answer in street.told}:
        for mail in shop.mails_to(person):
            for reference in bought:
                mailed[reference] += reference in f"{mail['Subject']} {text_of(mail)}"
    assert {reference: mailed[reference] for reference in bought if mailed[reference] != 1} == {}
