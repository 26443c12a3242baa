"""Where a checkout's cost goes: each of its calls made by itself, so many times, at the service that does it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.market import VISA, Buyer, Market
from benchmarks.meters import pids_of, processor
from local.postgres import kept_secret


@dataclass(frozen=True)
class Step:
    """A call, and what it costs in milliseconds of processor: in the service's web process, and in its PostgreSQL."""

    name: str
    service: str
    web_ms: float
    postgres_ms: float


def measure_steps(market: Market, buyer: Buyer, *, times: int) -> list[Step]:
    """Do each step of so many checkouts before the next step of any."""
    token = _service_token(market)
    buyers = market.connection("inventory", authorization=buyer.authorization)
    platform = {
        service: market.connection(service, authorization=f"Bearer {token}")
        for service in ("inventory", "orders", "payment")
    }
    anonymous = market.connection("inventory")
    carts: list[str] = []
    variants = [[variant for variant, _, _ in market.next_variants(2)] for _ in range(times)]
    orders = [str(uuid.uuid4()) for _ in range(times)]
    reservations: list[Any] = []
    totals: list[Any] = []

    def open_cart(_number: int) -> None:
        # Anonymous: a buyer would be given the same open cart each time.
        carts.append(anonymous.expect(201, "POST", "/api/v1/carts", {})["id"])

    def put(line: int, number: int) -> None:
        path = f"/api/v1/carts/{carts[number]}/lines/{variants[number][line]}"
        anonymous.expect(200, "PUT", path, {"quantity": 1})

    def look(number: int) -> None:
        buyers.expect(200, "GET", f"/api/v1/carts/{carts[number]}")

    def reserve(number: int) -> None:
        body = {"cart": carts[number], "cart_version": 3, "buyer": buyer.id}
        path = f"/api/v1/reservations/{orders[number]}"
        reservations.append(platform["inventory"].expect(201, "PUT", path, body))

    def place(number: int) -> None:
        names = ("variant", "product", "seller", "title", "sku", "quantity", "unit_price")
        lines = [{name: line[name] for name in names} for line in reservations[number]["lines"]]
        person = {"id": buyer.id, "email": "buyer001@demo.test", "language": "en"}
        body = {"buyer": person, "shipping_address": buyer.address, "currency": "EUR", "lines": lines}
        totals.append(platform["orders"].expect(201, "PUT", f"/api/v1/orders/{orders[number]}", body)["total"])

    def pay(number: int) -> None:
        body = {"order": orders[number], "buyer": buyer.id, "amount": totals[number], "payment_method": VISA}
        platform["payment"].expect(201, "PUT", f"/api/v1/payments/{orders[number]}", body)

    def confirm(number: int) -> None:
        platform["orders"].expect(200, "POST", f"/api/v1/orders/{orders[number]}/confirm")

    def commit(number: int) -> None:
        platform["inventory"].expect(200, "POST", f"/api/v1/reservations/{orders[number]}/commit")

    steps: list[tuple[str, str, Callable[[int], None]]] = [
        ("open cart", "inventory", open_cart),
        ("first line", "inventory", partial(put, 0)),
        ("second line", "inventory", partial(put, 1)),
        ("look at cart", "inventory", look),
        ("reserve", "inventory", reserve),
        ("order", "orders", place),
        ("pay", "payment", pay),
        ("confirm", "orders", confirm),
        ("commit", "inventory", commit),
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


def _service_token(market: Market) -> str:
    variables = market.platform.environment["aggregator"]
    secret = variables.get("SERVICE_CLIENT_SECRET") or kept_secret(
        market.platform.root / "secrets" / "aggregator_client_secret"
    )
    body = {"client_id": variables.get("SERVICE_CLIENT_ID", "aggregator"), "client_secret": secret}
    token: str = market.connection("auth").expect(200, "POST", "/api/v1/auth/service-token", body)["access"]
    return token
