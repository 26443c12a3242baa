"""A buyer in the browsable API of the aggregator, and what holds for the browsable API of every service."""

import uuid

import pytest
from playwright.sync_api import expect

from local import demo_accounts
from tests.browser.conftest import Entrance, Purchase
from tests.browser.test_selling import answer, form, send
from tests.browser.visitor import Visitor
from tests.shop import ADDRESS, Shop

NAMES = ["aggregator", "auth", "inventory", "orders", "payment"]
ADDRESSES = "/api/v1/addresses"


def test_a_buyer_keeps_an_address_book_in_the_browser(visitor: Visitor, shop: Shop) -> None:
    street = f"{uuid.uuid4().hex[:6]} rue du Four"
    visitor.log_in("aggregator", "buyer005@demo.test", page=ADDRESSES)
    address = {
        "full_name": "Amina Lambert",
        "line1": street,
        "postal_code": "33000",
        "city": "Bordeaux",
        "country": "FR",
    }
    for name, value in address.items():
        form(visitor).locator(f"[name={name}]").fill(value)
    added = send(visitor)
    assert added["line1"] == street
    visitor.click(visitor.page.get_by_role("link", name=added["id"]))
    assert answer(visitor) == (200, added)
    buyer = shop.person(next(a for a in demo_accounts.buyers() if a.email == "buyer005@demo.test"))
    assert added in buyer.api.expect("GET", "/addresses", 200)["results"]


def test_a_buyer_sees_their_orders_and_nobody_elses(enter: Entrance, purchase: Purchase) -> None:
    buyer = enter()
    buyer.log_in("aggregator", purchase.buyer.email, page="/api/v1/orders")
    buyer.click(buyer.page.get_by_role("link", name=purchase.order["id"]))
    assert answer(buyer)[1]["payment"]["state"] == "captured"
    other = enter()
    other.log_in("aggregator", "buyer006@demo.test", page="/api/v1/orders")
    other.open("aggregator", f"/api/v1/orders/{purchase.order['id']}", 404)


@pytest.mark.parametrize("service", NAMES)
def test_the_root_leads_strangers_to_all_lists_in_and_out(visitor: Visitor, service: str) -> None:
    visitor.open(service, "/api/v1/")
    lists = answer(visitor)[1]
    assert len(lists) >= 2
    for name, address in lists.items():
        expect(visitor.page.locator(f".response-info a[href='{address}']")).to_have_count(1)
        assert visitor.reads(service, f"/api/v1/{name}") in {200, 400, 401}
    visitor.click(visitor.page.get_by_role("link", name="Log in"))
    visitor.fill_in_login("buyer007@demo.test", "not the password")
    expect(visitor.page.locator(".text-error")).to_have_text("No account has this e-mail address and password.")
    visitor.fill_in_login("buyer007@demo.test", demo_accounts.PASSWORD)
    assert visitor.path() == "/api/v1/"
    visitor.page.get_by_role("link", name="buyer007@demo.test").click()
    visitor.click(visitor.page.get_by_role("button", name="Log out"))
    assert visitor.path() == "/api/v1/"
    expect(visitor.page.get_by_role("link", name="Log in")).to_be_visible()


def test_logging_out_of_one_service_leaves_the_others(visitor: Visitor) -> None:
    for service in ("aggregator", "orders"):
        visitor.log_in(service, "buyer008@demo.test", page=ADDRESSES)
    visitor.page.get_by_role("link", name="buyer008@demo.test").click()
    visitor.click(visitor.page.get_by_role("button", name="Log out"), 401)
    visitor.open("aggregator", ADDRESSES)
    expect(visitor.page.locator(".navbar")).to_contain_text("buyer008@demo.test")


def test_a_form_sent_from_elsewhere_changes_nothing(visitor: Visitor, shop: Shop) -> None:
    visitor.log_in("orders", "buyer009@demo.test", page=ADDRESSES)
    before = answer(visitor)[1]["results"]
    forged = visitor.context.request.post(f"{shop.platform.url('orders')}{ADDRESSES}", form={**ADDRESS})
    assert forged.status == 403
    visitor.open("orders", ADDRESSES)
    assert answer(visitor)[1]["results"] == before


def test_a_login_does_not_lead_to_other_sites(visitor: Visitor) -> None:
    visitor.open("orders", "/login/?next=https://example.com/")
    visitor.fill_in_login("buyer010@demo.test", demo_accounts.PASSWORD)
    assert visitor.path() == "/api/v1/"


def test_an_address_that_does_not_exist_has_a_page(visitor: Visitor) -> None:
    visitor.open("aggregator", "/api/v1/nowhere", 404)
    expect(visitor.page.locator("h1")).to_have_text("Not found")
