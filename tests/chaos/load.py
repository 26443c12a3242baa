"""The load: buyers who browse, buy and change their minds, and sellers who work, whatever becomes of their calls.

Of each visit the seed says who comes, for what, and how they behave; how it goes is up to the storm.
"""

import contextlib
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from chassis.testing_contract import ContractError
from tests.chaos.record import FINAL, Answer, Kind, Record
from tests.shop import DECLINED, PASSWORD, TIMEOUT, VISA, Api, Basket, Item, Person, Shop

Choice = TypeVar("Choice")

SHOPPERS = 10
BUYERS = 40
SELLERS = 3
HOT_ITEMS = 4
PLENTIFUL_ITEMS = 8
HOT_SHARE = 0.35
"""Of the visits, those that want something scarce."""
HOT_STOCK_SHARE = 0.16
"""Of the visits, those for which there is something scarce: less than half of those that want it."""
PATIENCE = 20.0
"""How long (seconds) a buyer asks again before leaving a checkout undecided."""
CART_PATIENCE = 180.0
"""No fault lasts so long: who has no cart by then has met a defect."""
CALL_TIMEOUT = 15.0
SELLERS_PAUSE = 1.0
SELLERS_PATIENCE = 30.0


class Manner(StrEnum):
    """How a buyer sends a checkout."""

    PLAIN = "plain"
    DOUBLE_CLICK = "double click"
    IMPATIENT = "impatient"
    """Gives up waiting, and sends it again with the same key."""
    HALF_SENT = "half sent"
    """The connection ends in the middle of the request."""
    HUNG_UP = "hung up"
    """The connection ends when all is sent and nothing answered."""
    CANCELLED = "cancelled"
    OTHER_BODY = "other body"
    """Sends something else with the same key afterwards."""


MANNERS = {
    Manner.PLAIN: 40,
    Manner.DOUBLE_CLICK: 15,
    Manner.IMPATIENT: 15,
    Manner.HUNG_UP: 10,
    Manner.CANCELLED: 10,
    Manner.HALF_SENT: 6,
    Manner.OTHER_BODY: 4,
}
METHODS = {
    VISA: 70,
    DECLINED: 8,
    "pm_sandbox_failOnce": 7,
    "pm_sandbox_answerLost": 7,
    "pm_sandbox_slow": 3,
    "pm_card_chargeDeclinedInsufficientFunds": 3,
    "pm_card_authenticationRequired": 2,
}


@dataclass(frozen=True)
class Visit:
    """What one visit is for.

    `things` are the numbers of items, with how many of each; after `pause` seconds somebody who is impatient gives up,
    and somebody else has changed their mind.
    """

    buyer: int
    things: tuple[tuple[int, int], ...]
    own_cart: bool
    method: str
    manner: Manner
    pause: float
    comes_back: bool
    looks_at_all_orders: bool
    registers: bool
    logs_in: bool
    looks_at_account: bool


def visit(*, seed: int, number: int) -> Visit:
    """The visit of that number; the same seed plans the same. Items below HOT_ITEMS are the scarce ones."""
    chance = random.Random(f"{seed} visit {number}")
    plentiful = chance.sample(range(HOT_ITEMS, HOT_ITEMS + PLENTIFUL_ITEMS), 2)
    things = [(thing, chance.randint(1, 3)) for thing in plentiful[: chance.randint(1, 2)]]
    if chance.random() < HOT_SHARE:
        things = [(chance.randrange(HOT_ITEMS), 1), *things[: chance.randint(0, 1)]]
    return Visit(
        buyer=chance.randrange(BUYERS),
        things=tuple(things),
        own_cart=chance.random() < 0.2,
        method=_one_of(chance, METHODS),
        manner=_one_of(chance, MANNERS),
        pause=round(chance.uniform(0.0, 0.8), 3),
        comes_back=chance.random() < 0.6,
        looks_at_all_orders=chance.random() < 0.2,
        registers=chance.random() < 0.03,
        logs_in=chance.random() < 0.1,
        looks_at_account=chance.random() < 0.3,
    )


def _one_of(chance: random.Random, weights: dict[Choice, int]) -> Choice:
    return chance.choices(list(weights), list(weights.values()))[0]


@dataclass(eq=False)
class Correction:
    """A seller's correction of stock, which counts once, however often it is sent; `counts` once that is known."""

    seller: Person
    item: Item
    delta: int
    key: str
    counts: bool = False


class Market:
    """What is for sale, who is there, and what all of them did: shared by the threads of the load."""

    def __init__(self, shop: Shop, record: Record, *, seed: int, visits: int, buyers: int = BUYERS) -> None:
        self.shop = shop
        self.record = record
        self.seed = seed
        self.visits = visits
        self.began_at = time.monotonic()
        self.begun = 0
        self.findings: list[str] = []
        self.corrections: list[Correction] = []
        self.closed = threading.Event()
        self._lock = threading.Lock()
        hot = max(5, round(visits * HOT_STOCK_SHARE / HOT_ITEMS))
        self.hot = [
            shop.item(stock=hot, price=2000 + number, seller=number % SELLERS, title="Hot lamp")
            for number in range(HOT_ITEMS)
        ]
        self.plentiful = [
            shop.item(stock=visits * 10, price=1000 + number, seller=number % SELLERS, title="Plain lamp")
            for number in range(PLENTIFUL_ITEMS)
        ]
        self.items = [*self.hot, *self.plentiful]
        self.buyers = shop.buyers(buyers)
        for buyer in self.buyers:
            buyer.address()

    def now(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self.began_at

    def open(self) -> None:
        self.began_at = time.monotonic()

    def next_visit(self) -> Visit | None:
        with self._lock:
            if self.begun == self.visits or self.closed.is_set():
                return None
            self.begun += 1
            return visit(seed=self.seed, number=self.begun)

    def ask(
        self,
        kind: Kind,
        api: Api,
        method: str,
        path: str,
        *,
        buyer: Person | None = None,
        about: str | None = None,
        **options: Any,
    ) -> requests.Response | None:
        """The answer, or None where there was none; recorded with the key that was sent, or that the call is about."""
        at = self.now()
        try:
            answer = api.call(method, path, timeout=options.pop("timeout", CALL_TIMEOUT), **options)
        except ContractError as error:
            self.findings.append(f"{method} {path}: {error}")
            answer = None
        except (requests.RequestException, AssertionError):  # the latter where somebody must log in again and cannot
            answer = None
        self.note(kind, answer, at=at, buyer=buyer, key=options.get("key", about))
        return answer

    def note(
        self, kind: Kind, answer: requests.Response | None, *, at: float, buyer: Person | None, key: str | None
    ) -> None:
        noted = Answer(kind, round(at, 3), round(self.now() - at, 3), buyer.id if buyer else None, key, None)
        if answer is None:
            self.record.add(noted)
            return
        body = body_of(answer)
        noted = replace(
            noted, status=answer.status_code, request=answer.headers.get("X-Request-ID"), code=body.get("code")
        )
        if kind is Kind.CHECKOUT:
            order = body.get("order") or {}
            noted = replace(
                noted,
                checkout=body.get("id") or body.get("checkout"),
                order=order.get("id"),
                total=order.get("total"),
                state=body.get("state"),
            )
            self.record.add(noted)
        elif kind is Kind.ORDER_SHOWN and answer.ok:
            for order in body.get("results", [body]):
                self.record.add(replace(noted, order=order["id"], total=order["total"], state=order["state"]))
        else:
            self.record.add(noted)


def body_of(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def shop_around(market: Market) -> None:
    """One of the threads that make visits, until there are none left."""
    while (plan := market.next_visit()) is not None:
        Shopper(market, plan).visit()


class Shopper:
    """A buyer on one visit."""

    def __init__(self, market: Market, plan: Visit) -> None:
        self.market = market
        self.plan = plan
        self.buyer = market.buyers[plan.buyer]
        self.things = [(market.items[number], quantity) for number, quantity in plan.things]

    def visit(self) -> None:
        self._arrive()
        basket = self._basket()
        if basket is None:
            return
        answer = self._check_out(basket)
        if answer is None:
            return
        body = body_of(answer)
        if body.get("code") == "total_changed":
            basket = replace(basket, total=body["total"], key=uuid.uuid4().hex)
            answer = self._until_decided(basket)
        elif answer.status_code == 402 and self.plan.comes_back:
            basket = replace(basket, method=VISA, key=uuid.uuid4().hex)
            answer = self._until_decided(basket)
        if answer is not None and answer.status_code == 201:
            self._look_at_orders(basket)

    def _arrive(self) -> None:
        ask, anonymous = self.market.ask, self.market.shop.anonymous
        if self.plan.registers:
            account = {"email": f"newcomer.{uuid.uuid4().hex}@example.com", "password": PASSWORD, "full_name": "Ada L."}
            ask(Kind.REGISTER, anonymous, "POST", "/accounts", json=account, key=str(uuid.uuid4()))
        if self.plan.logs_in:
            credentials = {"email": self.buyer.email, "password": self.buyer.login.password}
            ask(Kind.LOG_IN, anonymous, "POST", "/auth/token", json=credentials)
        if self.plan.looks_at_account:
            ask(Kind.ACCOUNT, self.buyer.api, "GET", "/accounts/me")
        ask(Kind.BROWSE, anonymous, "GET", "/products?page_size=10")
        ask(Kind.BROWSE, anonymous, "GET", f"/products/{self.things[0][0].slug}")

    def _basket(self) -> Basket | None:
        """A filled cart; asks for it until there is one."""
        own = self.plan.own_cart
        until = time.monotonic() + CART_PATIENCE
        while not self.market.closed.is_set():
            cart = self._cart(own=own)
            if cart is not None:
                return Basket(self.buyer, cart["id"], cart["total"], self.buyer.address(), self.plan.method)
            own = False
            if time.monotonic() > until:
                self.market.findings.append(f"buyer {self.buyer.id} had no cart after {CART_PATIENCE:.0f} s")
                return None
            time.sleep(random.uniform(0.2, 0.8))
        return None

    def _cart(self, *, own: bool) -> dict[str, Any] | None:
        api = self.buyer.api if own else self.market.shop.anonymous
        cart = self._asked_for_cart(api, "POST", "/carts")
        if cart is None:
            return None
        wanted = {item.variant for item, _quantity in self.things}
        for line in cart["lines"]:
            if line["variant"] not in wanted:
                self.market.ask(Kind.CART, api, "DELETE", f"/carts/{cart['id']}/lines/{line['variant']}")
        for item, quantity in self.things:
            path = f"/carts/{cart['id']}/lines/{item.variant}"
            filled = self._asked_for_cart(api, "PUT", path, json={"quantity": quantity})
            if filled is None:
                return None
            cart = filled
        return cart

    def _asked_for_cart(self, api: Api, method: str, path: str, **options: Any) -> dict[str, Any] | None:
        answer = self.market.ask(Kind.CART, api, method, path, **options)
        return answer.json() if answer is not None and answer.ok else None

    def _check_out(self, basket: Basket) -> requests.Response | None:
        """The final answer, or None where the buyer left before."""
        plan = self.plan
        if plan.manner is Manner.DOUBLE_CLICK:
            with _beside(lambda: self._send(basket)):
                self._send(basket)
        elif plan.manner is Manner.IMPATIENT:
            self._send(basket, timeout=max(0.05, plan.pause))
        elif plan.manner in {Manner.HALF_SENT, Manner.HUNG_UP}:
            self._break_off(basket, whole=plan.manner is Manner.HUNG_UP)
            if not plan.comes_back:
                return None
        elif plan.manner is Manner.CANCELLED:
            with _beside(lambda: self._send(basket)):
                time.sleep(plan.pause)
                path = f"/checkouts/{basket.checkout}/cancel"
                self.market.ask(Kind.CANCEL, self.buyer.api, "POST", path, buyer=self.buyer, about=basket.key)
        answer = self._until_decided(basket)
        if plan.manner is Manner.OTHER_BODY and answer is not None:
            other = {**basket.body(), "payment_method": "pm_card_amex"}
            self.market.ask(
                Kind.OTHER_BODY, self.buyer.api, "POST", "/checkouts", buyer=self.buyer, key=basket.key, json=other
            )
        return answer

    def _send(self, basket: Basket, **options: Any) -> requests.Response | None:
        return self.market.ask(
            Kind.CHECKOUT,
            self.buyer.api,
            "POST",
            "/checkouts",
            buyer=self.buyer,
            key=basket.key,
            json=basket.body(),
            **options,
        )

    def _until_decided(self, basket: Basket) -> requests.Response | None:
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._send(basket)
            if answer is not None and answer.status_code in FINAL:
                return answer
            hopeless = answer is not None and answer.status_code not in {202, 503}
            if hopeless or time.monotonic() > until or self.market.closed.is_set():
                return None
            time.sleep(random.uniform(0.2, 1.0))

    def _break_off(self, basket: Basket, *, whole: bool) -> None:
        """Sends the request, or half of it, and closes the connection without waiting for an answer."""
        at = self.market.now()
        with contextlib.suppress(OSError, AssertionError):
            body = json.dumps(basket.body()).encode()
            login = self.buyer.login.access()
            address = urlsplit(self.buyer.api.base)
            head = (
                f"POST /api/v1/checkouts HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {login}\r\n"
                f"Idempotency-Key: {basket.key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"X-Request-ID: {uuid.uuid4().hex}\r\n\r\n"
            )
            with socket.create_connection((address.hostname, address.port), timeout=TIMEOUT) as connection:
                connection.sendall(head.encode() + (body if whole else body[: len(body) // 2]))
                time.sleep(self.plan.pause)
        self.market.note(Kind.CHECKOUT, None, at=at, buyer=self.buyer, key=basket.key)

    def _look_at_orders(self, basket: Basket) -> None:
        ask, api = self.market.ask, self.buyer.api
        ask(Kind.ORDER_SHOWN, api, "GET", f"/orders/{basket.order}", buyer=self.buyer)
        if self.plan.looks_at_all_orders:
            ask(Kind.ORDER_SHOWN, api, "GET", "/orders?page_size=20", buyer=self.buyer)


@contextlib.contextmanager
def _beside(call: Callable[[], object]) -> Iterator[None]:
    """Runs something in a thread of its own beside the block, and waits for it."""
    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def work(market: Market, number: int) -> None:
    """A seller's day: corrects stock, changes prices and ships, until the market closes."""
    seller = SellerAtWork(market, number)
    while not market.closed.wait(seller.chance.uniform(0.5, 1.5) * SELLERS_PAUSE):
        seller.do_something()


class SellerAtWork:
    def __init__(self, market: Market, number: int) -> None:
        self.market = market
        self.chance = random.Random(f"{market.seed} seller {number}")
        self.person = market.shop.seller(number)
        self.inventory = market.shop.api("inventory", login=self.person.login)
        self.hot = [item for item in market.hot if item.seller is self.person]
        self.plentiful = [item for item in market.plentiful if item.seller is self.person]

    def do_something(self) -> None:
        what = self.chance.choices([self._correct, self._price, self._ship], [4, 1, 4])[0]
        what()

    def _correct(self) -> None:
        """Only what nothing can forbid: a refused correction may be tried again, and so says nothing for ever."""
        if self.chance.random() < 0.1:
            item, delta = self.chance.choice(self.hot), 1
        else:
            item, delta = self.chance.choice(self.plentiful), self.chance.choice([-3, -2, -1, 1, 2, 3])
        correction = Correction(self.person, item, delta, uuid.uuid4().hex)
        self.market.corrections.append(correction)
        until = time.monotonic() + SELLERS_PATIENCE
        while not settle(self.market, correction) and time.monotonic() < until and not self.market.closed.is_set():
            time.sleep(random.uniform(0.2, 1.0))

    def _price(self) -> None:
        item = self.chance.choice(self.plentiful)
        body = {"price_amount": item.price + self.chance.randint(0, 300)}
        self.market.ask(Kind.PRICE, self.inventory, "PATCH", f"/seller/variants/{item.variant}", json=body)

    def _ship(self) -> None:
        """Ships something that is to be prepared; asks again with the same key where there was no answer."""
        sales = self.market.ask(Kind.SALES, self.person.api, "GET", "/seller/sales?page_size=50")
        if sales is None or not sales.ok:
            return
        waiting = [sale["id"] for sale in sales.json()["results"] if sale["state"] == "to_prepare"]
        if not waiting:
            return
        path = f"/seller/sales/{self.chance.choice(waiting)}/deliveries"
        parcel = {"carrier": "Colissimo", "tracking_number": uuid.uuid4().hex[:13].upper()}
        key = uuid.uuid4().hex
        for _attempt in range(5):
            answer = self.market.ask(Kind.SHIP, self.person.api, "POST", path, json=parcel, key=key)
            if answer is not None and answer.status_code in {201, 409}:
                return
            time.sleep(random.uniform(0.2, 1.0))


def settle(market: Market, correction: Correction) -> bool:
    """Sends the correction, for the first time or again; whether it is known to count now."""
    inventory = market.shop.api("inventory", login=correction.seller.login)
    path = f"/seller/variants/{correction.item.variant}/movements"
    body = {"delta": correction.delta, "reason": "correction"}
    answer = market.ask(Kind.MOVEMENT, inventory, "POST", path, json=body, key=correction.key)
    if answer is not None and answer.status_code == 201:
        correction.counts = True
    return correction.counts
