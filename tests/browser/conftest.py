"""Chromium in front of a running platform where something was already bought, shipped and refunded."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import Visitor
from tests.shop import DECLINED, Item, Person, Shop

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Entrance = Callable[..., Visitor]


@pytest.fixture(scope="session", autouse=True)  # before the platform, which would start in vain
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("The browser tests need Chromium; on Debian: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def enter(browser: Browser, shop: Shop) -> Iterator[Entrance]:
    """Opens a browser of somebody's own; at the end none of them may have met an error."""
    visitors: list[Visitor] = []

    def visitor(language: str = "en") -> Visitor:
        visitors.append(Visitor(browser, shop.platform, language=language))
        return visitors[-1]

    yield visitor
    complaints = [complaint for each in visitors for complaint in each.complaints]
    for each in visitors:
        each.leave()
    assert complaints == []


@pytest.fixture
def visitor(enter: Entrance) -> Visitor:
    """Somebody who is not logged in anywhere."""
    return enter()


@pytest.fixture(scope="session")
def working_admin(browser: Browser, running_shop: Shop) -> Iterator[Visitor]:
    somebody = Visitor(browser, running_shop.platform)
    for service in running_shop.platform.services:
        somebody.enter_admin(service.name, "admin@demo.test")
    yield somebody
    somebody.leave()


@pytest.fixture
def admin(shop: Shop, working_admin: Visitor) -> Iterator[Visitor]:
    """An admin who logged in at every service this morning, and has the browser open all day."""
    working_admin.complaints.clear()
    yield working_admin
    assert working_admin.complaints == []


@dataclass(frozen=True)
class Purchase:
    """A confirmed order of one thing each of two sellers."""

    buyer: Person
    items: tuple[Item, Item]
    order: dict[str, Any]
    payment: str

    def sale_of(self, seller: Person) -> dict[str, Any]:
        return next(part for part in self.order["seller_orders"] if part["seller"] == seller.id)


@pytest.fixture(scope="session")
def items(running_shop: Shop) -> tuple[Item, Item]:
    return (
        running_shop.item(title="Blue Enamel Mug", price=1850, stock=40, seller=0),
        running_shop.item(title="Oak Bread Board", price=4200, stock=40, seller=1),
    )


@pytest.fixture
def purchase(shop: Shop, items: tuple[Item, Item]) -> Purchase:
    return buy(shop, items)


@pytest.fixture(scope="session")
def past(running_shop: Shop, items: tuple[Item, Item]) -> Purchase:
    """What fills every list: an order that was shipped and refunded, and one that was declined."""
    bought = buy(running_shop, items)
    seller = items[0].seller
    parcel = {"carrier": "Colissimo", "tracking_number": "6A00000000001"}
    sale = bought.sale_of(seller)["id"]
    seller.api.expect("POST", f"/seller/sales/{sale}/deliveries", 201, json=parcel)
    refund = {"payment": bought.payment, "amount": {"amount": 100, "currency": "EUR"}, "reason": "A scratch"}
    platform_only = {"Authorization": f"Bearer {service_token(running_shop)}"}
    running_shop.api("payment").expect("PUT", f"/refunds/{uuid.uuid4()}", 201, json=refund, headers=platform_only)
    refused = running_shop.basket(running_shop.buyer(), items[0], method=DECLINED)
    assert refused.decided().status_code == 402
    for service, server in running_shop.platform.postgres.items():
        write_history(service, server.url(service))
    return bought


def write_history(service: str, database: str) -> None:
    """What a restore of long ago left behind, which a test cannot wait for."""
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO restores_restore (id, restored_at, recovery_point, backup, released_at, released_by, note)"
            " VALUES (gen_random_uuid(), now() - interval '1 day', now() - interval '2 days', 'full', now(), '', '')"
        )
        if service == "aggregator":
            cursor.execute(
                "INSERT INTO reconciliation_finding (id, code, subject, cause, repair, state, last_error, ended_at)"
                " VALUES (gen_random_uuid(), 'order_missing', 'an order', 'Forgotten.', '', 'settled', '', now())"
            )


def service_token(shop: Shop) -> str:
    secret = (shop.platform.root / "secrets" / "aggregator_client_secret").read_text().strip()
    body = {"client_id": "aggregator", "client_secret": secret}
    return str(shop.api("auth").expect("POST", "/auth/service-token", 200, json=body)["access"])


def buy(shop: Shop, items: tuple[Item, Item]) -> Purchase:
    basket = shop.basket(shop.buyer(), *items)
    answer = basket.decided()
    assert answer.status_code == 201, answer.text
    return Purchase(basket.buyer, items, answer.json()["order"], str(basket.payment))
