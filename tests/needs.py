"""What each public operation needs: the operations, the faults, and the tables of docs/what-needs-what.md."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
import requests

from local.services import ROOT
from tests.faults import BEFORE, METHODS, FaultProxy, Held
from tests.shop import ADDRESS, PASSWORD, Basket, Item, Person, Shop, eventually, fresh_email, problem_of

KINDS = ("dead", "hanging", "answering 500", "slow", "closing connections", "database dead")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "auth": KINDS,
    "inventory": KINDS,
    "orders": KINDS,
    "payment": KINDS,
    "aggregator": ("database dead", "worker dead"),
}
FAULTS = [(service, kind) for service, kinds in COLUMNS.items() for kind in kinds]

SLOW_SECONDS = 1.0

Table = Mapping[str, Mapping[str, Mapping[str, str]]]


def what_needs_what() -> Table:
    """The tables: by service, operation and kind of fault, what is promised."""
    text = (ROOT / "docs" / "what-needs-what.md").read_text()
    tables = {}
    for section in text.split("\n## ")[1:]:
        service, _, rest = section.partition("\n")
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in rest.splitlines() if line[:1] == "|"]
        if service in COLUMNS:
            head, _dashes, *body = rows
            tables[service] = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}
    return tables


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
    address_book: int
    order: str
    sale: str
    account: str
    new_account: str
    verification: str
    refresh: str
    keys: uuid.UUID = field(default_factory=uuid.uuid4)

    def line(self, number: int) -> str:
        return f"/carts/{self.carts[number]}/lines/{self.item.variant}"

    def key(self, operation: str) -> str:
        """The Idempotency-Key of an operation, the same at every repetition."""
        return str(uuid.uuid5(self.keys, operation))


def prepare(shop: Shop) -> Prepared:
    item = shop.item(stock=20)
    buyer, fresh = shop.buyer(), shop.registered(verified=False)
    bought = shop.basket(buyer, item).check_out()
    shop.anonymous.check(bought, 201)
    order = bought.json()["order"]
    addresses = [buyer.api.expect("POST", "/addresses", 201, json=ADDRESS)["id"] for _ in range(2)]
    return Prepared(
        shop=shop,
        buyer=buyer,
        seller=item.seller,
        item=item,
        basket=shop.basket(buyer, item),
        undecided=shop.basket(buyer, item),
        carts=[shop.basket(buyer, item).cart for _ in range(2)],
        addresses=addresses,
        address_book=len(buyer.api.expect("GET", "/addresses?page_size=100", 200)["results"]),
        order=order["id"],
        sale=order["seller_orders"][0]["id"],
        account=fresh.email,
        new_account=fresh_email(),
        verification=shop.mailed_token(fresh.email),
        refresh=fresh.login.tokens["refresh"],
    )


Operation = Callable[[Prepared], requests.Response]


def _anonymous(method: str, path: str, body: Callable[[Prepared], Any] = lambda _p: None) -> Operation:
    name = f"{method} {path}"
    key = method == "POST"
    return lambda p: p.shop.anonymous.call(method, path, json=body(p), key=p.key(name) if key else None)


OPERATIONS: Mapping[str, Operation] = {
    "POST /accounts": _anonymous(
        "POST", "/accounts", lambda p: {"email": p.new_account, "password": PASSWORD, "full_name": "Ada"}
    ),
    "POST /accounts/verify": _anonymous("POST", "/accounts/verify", lambda p: {"token": p.verification}),
    "GET /accounts/me": lambda p: p.buyer.api.call("GET", "/accounts/me"),
    "POST /auth/token": _anonymous("POST", "/auth/token", lambda p: {"email": p.account, "password": PASSWORD}),
    "POST /auth/token/refresh": _anonymous("POST", "/auth/token/refresh", lambda p: {"refresh": p.refresh}),
    "POST /auth/token/revoke": _anonymous("POST", "/auth/token/revoke", lambda _p: {"refresh": "x"}),
    "GET /categories": _anonymous("GET", "/categories"),
    "GET /products": _anonymous("GET", "/products"),
    "GET /products/{id_or_slug}": lambda p: p.shop.anonymous.call("GET", f"/products/{p.item.slug}"),
    "POST /carts": _anonymous("POST", "/carts"),
    "GET /carts/{id}": lambda p: p.shop.anonymous.call("GET", f"/carts/{p.carts[0]}"),
    "PUT /carts/{id}/lines/{variant}": lambda p: p.shop.anonymous.call("PUT", p.line(0), json={"quantity": 2}),
    "DELETE /carts/{id}/lines/{variant}": lambda p: p.shop.anonymous.call("DELETE", p.line(1)),
    "GET /addresses": lambda p: p.buyer.api.call("GET", "/addresses"),
    "POST /addresses": lambda p: p.buyer.api.call("POST", "/addresses", json=ADDRESS, key=p.key("address")),
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
        "POST",
        f"/seller/sales/{p.sale}/deliveries",
        json={"carrier": "Colissimo", "tracking_number": "6A1"},
        key=p.key("delivery"),
    ),
    "GET /status": _anonymous("GET", "/status"),
}


def fits(answer: requests.Response, cell: str) -> str:
    """What is wrong with the answer, or nothing."""
    body: Any = answer.json() if answer.content else {}
    missing = body.get("degraded", [])
    match cell:
        case "works" | "slow":
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


@contextmanager
def undecided_checkout(prepared: Prepared) -> Iterator[Held]:
    """A checkout that stays undecided meanwhile, because its payment is held back and will never arrive."""
    path = f"/payments/{prepared.undecided.payment}$"
    with ThreadPoolExecutor(1) as pool:
        held = prepared.shop.proxies["payment"].hold("PUT", path, at=BEFORE, once=False)
        pool.submit(prepared.undecided.try_to_check_out)
        try:
            held.wait()
            yield held
        finally:
            held.drop()


@contextmanager
def broken(prepared: Prepared, service: str, kind: str) -> Iterator[None]:
    """The service has this fault meanwhile. `slow`: each of its answers comes a second later."""
    shop, platform = prepared.shop, prepared.shop.platform
    match kind:
        case "dead":
            platform.stop_service(service, kill=True)
            try:
                yield
            finally:
                platform.start_service(service)
        case "hanging":
            platform.process(f"{service}-web").pause()
            try:
                yield
            finally:
                platform.process(f"{service}-web").resume()
        case "database dead" | "worker dead":
            name = f"{service}-{'postgres' if kind == 'database dead' else 'worker'}"
            platform.stop_process(name)
            try:
                yield
            finally:
                platform.start_process(name)
        case _:
            # The undecided checkout's payment goes on being held.
            proxy, path = shop.proxies[service], f"^(?!.*{prepared.undecided.payment}$)"
            rules = [_spoil(proxy, kind, method, path) for method in METHODS]
            try:
                yield
            finally:
                for rule in rules:
                    proxy.remove(rule)


def _spoil(proxy: FaultProxy, kind: str, method: str, path: str) -> Any:
    match kind:
        case "answering 500":
            return proxy.answer(method, path, 500, at=BEFORE, once=False)
        case "slow":
            return proxy.delay(method, path, SLOW_SECONDS, once=False)
        case "closing connections":
            return proxy.drop(method, path, at=BEFORE, once=False)
    raise AssertionError(f"unknown kind of fault {kind!r}")


def with_empty_memory(shop: Shop, process: str) -> None:
    """Kills the workers of a web process; its master makes new ones, which remember nothing."""
    master = psutil.Process(shop.platform.process(process).pid)
    old = set(master.children())
    for worker in old:
        worker.kill()
    eventually(lambda: len(new := set(master.children())) == len(old) and not old & new, 20, "new workers")


def readiness(shop: Shop, service: str) -> int | None:
    """The status of the service's own `/readyz`, asked directly; None when there is no answer."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{shop.platform.url(service)}/readyz", timeout=3).status_code
    except requests.RequestException:
        return None


def timed(operation: Operation, prepared: Prepared) -> tuple[requests.Response, float]:
    began = time.monotonic()
    answer = operation(prepared)
    return answer, time.monotonic() - began
