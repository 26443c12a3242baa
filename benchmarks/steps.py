"""Where a checkout's cost goes: each of its calls made by itself, so many times, at the service that does it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.market import VISA, Buyer, Market
from benchmarks.meters import pids_of, processor


@dataclass(frozen=True)
class Step:
    """A call, and what it costs in milliseconds of processor: in the service's web process, and in its PostgreSQL."""

    name: str
    service: str
    web_ms: float
    postgres_ms: float


def measure_steps(market: Market, *, times: int) -> list[Step]:
    """Do each step of so many checkouts before the next step of any."""
    (buyer,) = market.log_in(1, first=130)
    checkouts = _Checkouts(market, buyer, times)
    steps: list[tuple[str, str, Callable[[int], object]]] = [
        ("open cart", "inventory", checkouts.open_cart),
        ("first line", "inventory", partial(checkouts.put, 0)),
        ("second line", "inventory", partial(checkouts.put, 1)),
        ("reserve", "inventory", checkouts.reserve),
        ("order", "orders", checkouts.place),
        ("pay", "payment", checkouts.pay),
        ("confirm", "orders", checkouts.confirm),
        ("commit", "inventory", checkouts.commit),
    ]
    found = []
    for name, service, step in steps:
        pids = {kind: pid for kind, pid in pids_of(market.platform).items() if kind.startswith(f"{service}-")}
        with processor(pids) as spent:
            for number in range(times):
                step(number)
        cost = {kind: seconds * 1000 / times for kind, seconds in spent.by_process.items()}
        found.append(Step(name, service, cost[f"{service}-web"], cost[f"{service}-postgres"]))
    return found


class _Checkouts:
    """So many checkouts of two lines, each call of them as the aggregator would make it."""

    def __init__(self, market: Market, buyer: Buyer, times: int) -> None:
        token = f"Bearer {_service_token(market)}"
        self._buyer = buyer
        self._anonymous = market.connection("inventory")
        self._inventory = market.connection("inventory", authorization=token)
        self._orders = market.connection("orders", authorization=token)
        self._payment = market.connection("payment", authorization=token)
        self._variants = [market.next_variants(2) for _ in range(times)]
        self._ids = [str(uuid.uuid4()) for _ in range(times)]
        self._carts: list[str] = []
        self._reserved: list[Any] = []
        self._totals: list[Any] = []

    def open_cart(self, _number: int) -> None:
        # Anonymous: a buyer would be given the same open cart each time.
        self._carts.append(self._anonymous.expect(201, "POST", "/api/v1/carts", {})["id"])

    def put(self, line: int, number: int) -> None:
        path = f"/api/v1/carts/{self._carts[number]}/lines/{self._variants[number][line]}"
        self._anonymous.expect(200, "PUT", path, {"quantity": 1})

    def reserve(self, number: int) -> None:
        body = {"cart": self._carts[number], "cart_version": 3, "buyer": self._buyer.account.id}
        self._reserved.append(self._inventory.expect(201, "PUT", f"/api/v1/reservations/{self._ids[number]}", body))

    def place(self, number: int) -> None:
        names = ("variant", "product", "seller", "title", "sku", "quantity", "unit_price")
        body = {
            "buyer": {"id": self._buyer.account.id, "email": self._buyer.account.email, "language": "en"},
            "shipping_address": self._buyer.address,
            "currency": "EUR",
            "lines": [{name: line[name] for name in names} for line in self._reserved[number]["lines"]],
        }
        self._totals.append(self._orders.expect(201, "PUT", f"/api/v1/orders/{self._ids[number]}", body)["total"])

    def pay(self, number: int) -> None:
        body = {
            "order": self._ids[number],
            "buyer": self._buyer.account.id,
            "amount": self._totals[number],
            "payment_method": VISA,
        }
        self._payment.expect(201, "PUT", f"/api/v1/payments/{self._ids[number]}", body)

    def confirm(self, number: int) -> None:
        self._orders.expect(200, "POST", f"/api/v1/orders/{self._ids[number]}/confirm")

    def commit(self, number: int) -> None:
        self._inventory.expect(200, "POST", f"/api/v1/reservations/{self._ids[number]}/commit")


def _service_token(market: Market) -> str:
    variables = market.platform.environment["aggregator"]
    body = {"client_id": variables["SERVICE_CLIENT_ID"], "client_secret": variables["SERVICE_CLIENT_SECRET"]}
    token: str = market.connection("auth").expect(200, "POST", "/api/v1/auth/service-token", body)["access"]
    return token
