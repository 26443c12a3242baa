"""The platform that is measured: production settings, its own PostgreSQLs, logs on, and buyers who are logged in."""

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import dataset
from benchmarks.load import Connection, new_key
from benchmarks.meters import Tally
from local import demo_accounts
from local.demo_accounts import DemoAccount
from local.errors import LocalError
from local.platform import SERVICE_ACCOUNTS, Platform, Ports

ADDRESS = {
    "full_name": "Ada Lovelace",
    "line1": "12 rue des Lilas",
    "postal_code": "75011",
    "city": "Paris",
    "country": "FR",
}
VISA = "pm_card_visa"
PRODUCTS = 2_000
ORDERS_OF_A_BUYER = 10

# No provider of this release takes money, so that the payment service alone stays in development: what differs there is
# its secrets' defaults, its cookies and redirects, none of which an API call meets.
PRODUCTION = {"ENVIRONMENT": "production", "ALLOWED_HOSTS": "127.0.0.1"}
# All buyers come from one address here, and log in once.
THROTTLES = {"THROTTLE_LOGIN_ADDRESS": "6000/min", "THROTTLE_LOGIN_ACCOUNT": "120/min"}

RENEW_AFTER_SECONDS = 120
"""An access token lasts ten minutes, and a load goes on with the one that it began with."""
PROCESSES = {"WEB_WORKERS": "2", "WEB_THREADS": "8"}
"""Of each service, as many as of the reference."""


@dataclass
class Buyer:
    """Somebody who is logged in, with an address; `since` when, by the monotonic clock."""

    account: DemoAccount
    tokens: dict[str, Any]
    since: float
    address: str = ""

    @property
    def authorization(self) -> str:
        return f"Bearer {self.tokens['access']}"


@dataclass
class Market:
    """The running platform, and what its loads need to know of it."""

    platform: Platform
    tally: Tally
    variants: list[tuple[str, str]] = field(default_factory=list)
    """Ids of variants that will not run out, each with its product's."""
    _turns: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connection(self, service: str = "aggregator", *, authorization: str = "") -> Connection:
        return Connection(self.platform.url(service), authorization=authorization)

    def log_in(self, count: int, *, first: int = 0) -> list[Buyer]:
        """So many demo buyers, with an address each."""
        door = self.connection()
        buyers = [
            Buyer(account, since=time.monotonic(), tokens=tokens_of(door, account))
            for account in demo_accounts.buyers()[first : first + count]
        ]
        door.close()
        for buyer in buyers:
            api = self.connection(authorization=buyer.authorization)
            buyer.address = api.expect(201, "POST", "/api/v1/addresses", ADDRESS)["id"]
            api.close()
        return buyers

    def stay_logged_in(self, buyers: Sequence[Buyer]) -> None:
        """Log those in again whose tokens are old; the whole of a measurement takes longer than they last."""
        door = self.connection()
        for buyer in buyers:
            if time.monotonic() - buyer.since > RENEW_AFTER_SECONDS:
                buyer.since, buyer.tokens = time.monotonic(), tokens_of(door, buyer.account)
        door.close()

    def restart(self, service: str, **variables: str) -> None:
        """Start a service again with other variables."""
        self.platform.stop_service(service)
        self.platform.environment[service] |= variables
        self.platform.start_service(service)

    def next_variants(self, count: int) -> list[str]:
        """The next so many of the variants, so that buyers seldom meet at one."""
        with self._lock:
            start = next(self._turns) * count
        return [self.variants[(start + place) % len(self.variants)][0] for place in range(count)]

    def buy(self, api: Connection, buyer: Buyer, *, variants: Sequence[str]) -> dict[str, Any]:
        """A whole checkout: open a cart, put each variant into it, pay; return the confirmed order."""
        status, cart = api.call("POST", "/api/v1/carts", {})
        if status not in (200, 201):  # the open cart of a buyer who did not get to the end before, or a new one
            raise LocalError(f"POST /api/v1/carts answered {status}: {cart}")
        for variant in variants:
            cart = api.expect(200, "PUT", f"/api/v1/carts/{cart['id']}/lines/{variant}", {"quantity": 1})
        body = {
            "cart": cart["id"],
            "cart_version": cart["version"],
            "shipping_address": buyer.address,
            "payment_method": VISA,
            "expected_total": cart["total"],
        }
        order: dict[str, Any] = api.expect(201, "POST", "/api/v1/checkouts", body, key=new_key())["order"]
        return order


@contextmanager
def open_market(folder: Path, *, products: int, say: Callable[[str], None] | None = None) -> Iterator[Market]:
    """The platform with so many products."""
    platform = Platform(folder, ports=Ports.free(), postgres_settings=Tally.SETTINGS, say=say)
    with platform:
        dataset.add_products(platform, up_to=products)
        go_live(platform)
        tally = Tally(platform)
        try:
            yield Market(platform, tally, variants=dataset.variants_in_stock(platform, 2_000))
        finally:
            tally.close()


def tokens_of(door: Connection, account: DemoAccount) -> dict[str, Any]:
    """What a login answers."""
    tokens: dict[str, Any] = door.expect(
        200, "POST", "/api/v1/auth/token", {"email": account.email, "password": account.password}
    )
    return tokens


def go_live(platform: Platform) -> None:
    """Start all services again under production settings, for which each of them needs secrets of its own."""
    account = {"SERVICE_CLIENT_ID": "measured", "SERVICE_CLIENT_SECRET": secrets.token_urlsafe(32)}
    scopes = SERVICE_ACCOUNTS["aggregator"]
    platform.manage(
        *("auth", "create_service_account", "--client-id", account["SERVICE_CLIENT_ID"], "--scopes", *scopes),
        environment=account,
    )
    for service in platform.services:
        platform.stop_service(service.name)
        platform.environment[service.name] |= THROTTLES | PROCESSES
        if service.name != "payment":
            platform.environment[service.name] |= PRODUCTION | {"SECRET_KEY": secrets.token_urlsafe(48)}
    platform.environment["aggregator"] |= account
    for service in platform.services:
        platform.start_service(service.name)


def give_orders(market: Market, buyer: Buyer, *, count: int) -> None:
    """Let the buyer buy so many times, and the sellers ship a part of each order."""
    shipped: list[tuple[str, str]] = []
    api = market.connection(authorization=buyer.authorization)
    for _ in range(count):
        order = market.buy(api, buyer, variants=market.next_variants(2))
        shipped.append((order["seller_orders"][0]["seller"], order["seller_orders"][0]["id"]))
    api.close()
    door = market.connection()
    for account in demo_accounts.sellers():
        shop = market.connection(authorization=f"Bearer {tokens_of(door, account)['access']}")
        for place, (seller, sale) in enumerate(shipped):
            if seller == account.id:
                parcel = {"carrier": "colissimo", "tracking_number": f"6A{place:011}"}
                shop.expect(201, "POST", f"/api/v1/seller/sales/{sale}/deliveries", parcel)
        shop.close()
    door.close()
