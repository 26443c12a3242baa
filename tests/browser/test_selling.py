"""A seller at work in the browsable APIs of the inventory and orders services."""

import json
import re
import uuid
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Entrance, Purchase
from tests.browser.visitor import Visitor
from tests.shop import Item, Shop

OWN_PRODUCTS = "/api/v1/seller/products"


def answer(visitor: Visitor) -> tuple[int, Any]:
    """The status and the JSON that the page shows."""
    shown = visitor.page.locator(".response-info pre").inner_text()
    status = re.match(r"HTTP (\d{3})", shown)
    assert status is not None, shown
    body = shown.partition("\n\n")[2].strip()
    return int(status[1]), json.loads(body) if body else None


def form(visitor: Visitor, name: str = "post-object-form") -> Locator:
    """The page's HTML form; its fields are found by name, for the framework ties no labels to them."""
    return visitor.page.locator(f"#{name}")


def send(visitor: Visitor, status: int = 201) -> Any:
    """Sends the page's form and returns the JSON of the page that comes."""
    visitor.click(form(visitor).get_by_role("button", name="POST"), status)
    found, body = answer(visitor)
    assert found == status
    return body


def open_extra(visitor: Visitor, name: str, status: int = 200) -> None:
    """Chooses from the menu of what else a thing has."""
    visitor.page.get_by_role("button", name="Extra Actions").click()
    visitor.click(visitor.page.get_by_role("link", name=name), status)


def test_a_seller_puts_a_product_on_sale_in_the_browser(visitor: Visitor, shop: Shop) -> None:
    title = f"Lacquered Tray {uuid.uuid4().hex[:6]}"
    visitor.log_in("inventory", "seller3@demo.test", page="/api/v1/")
    visitor.click(visitor.page.get_by_role("link", name=OWN_PRODUCTS))
    form(visitor).locator("[name=category]").select_option(index=3)
    form(visitor).locator("[name=title]").fill(title)
    form(visitor).locator("[name=description]").fill("Seven coats, <b>by hand</b> & with care.")
    form(visitor).locator("[name=state]").select_option(label="Published")
    product = send(visitor)
    assert product["description"] == "Seven coats, <b>by hand</b> & with care."

    visitor.open("inventory", "/api/v1/")
    visitor.click(visitor.page.get_by_role("link", name="/api/v1/seller/variants"))
    form(visitor).locator("[name=product]").select_option(label=title)
    form(visitor).locator("[name=sku]").fill(f"TRAY-{uuid.uuid4().hex[:8]}")
    form(visitor).locator("[name=title]").fill("Red, 40 cm")
    form(visitor).locator("[name=price_amount]").fill("8900")
    variant = send(visitor)

    visitor.click(visitor.page.get_by_role("link", name=variant["id"]))
    open_extra(visitor, "Stock movements")
    form(visitor).locator("[name=delta]").fill("12")
    form(visitor).locator("[name=reason]").select_option(label="Receipt")
    send(visitor)

    (found,) = shop.anonymous.expect("GET", f"/products?search={title}&in_stock=true", 200)["results"]
    assert (found["id"], found["price"]["amount"]) == (product["id"], 8900)
    (offered,) = shop.anonymous.expect("GET", f"/products/{product['id']}", 200)["variants"]
    assert (offered["title"], offered["available"]) == ("Red, 40 cm", 12)


def test_a_seller_changes_unpublishes_and_archives_a_product(visitor: Visitor, shop: Shop) -> None:
    item = shop.item(title=f"Copper Pan {uuid.uuid4().hex[:6]}", seller=2)
    public = f"/products/{item.product}"
    visitor.log_in("inventory", "seller3@demo.test", page=OWN_PRODUCTS)
    visitor.click(visitor.page.get_by_role("link", name=item.product))
    form(visitor, "put-object-form").locator("[name=title]").fill("Copper Pan, polished")
    with visitor.page.expect_response(lambda response: response.request.method == "PUT") as changed:
        form(visitor, "put-object-form").get_by_role("button", name="PUT").click()
    assert changed.value.status == 200
    expect(visitor.page.locator(".response-info")).to_contain_text("Copper Pan, polished")
    assert shop.anonymous.expect("GET", public, 200)["title"] == "Copper Pan, polished"

    open_extra(visitor, "Unpublish", 405)  # it is done by a POST, for which the page has a button
    visitor.click(visitor.page.get_by_role("button", name="POST"))
    assert answer(visitor)[1]["state"] == "draft"
    assert shop.anonymous.call("GET", public).status_code == 404

    visitor.open("inventory", f"{OWN_PRODUCTS}/{item.product}")
    visitor.page.get_by_role("button", name="DELETE").click()
    with visitor.page.expect_response(lambda response: response.request.method == "DELETE") as archived:
        visitor.page.locator("#deleteModal form button").click()
    assert archived.value.status == 200  # the 204 is in the page, which a 204 could not show
    visitor.open("inventory", f"{OWN_PRODUCTS}/{item.product}")
    assert answer(visitor)[1]["state"] == "archived"


def test_a_refused_form_says_what_is_wrong(visitor: Visitor) -> None:
    visitor.log_in("inventory", "seller3@demo.test", page=OWN_PRODUCTS)
    problem = send(visitor, 400)
    assert [error["field"] for error in problem["errors"]] == ["title"]
    assert problem["errors"][0]["message"]


def test_a_seller_sees_nobody_elses_products(visitor: Visitor, items: tuple[Item, Item]) -> None:
    own, foreign = items
    visitor.log_in("inventory", "seller1@demo.test", page=f"{OWN_PRODUCTS}?page_size=100")
    sellers = {product["seller"] for product in answer(visitor)[1]["results"]}
    assert sellers == {own.seller.id}
    visitor.open("inventory", f"{OWN_PRODUCTS}/{own.product}")
    visitor.open("inventory", f"{OWN_PRODUCTS}/{foreign.product}", 404)
    visitor.open("inventory", f"/api/v1/seller/variants/{foreign.variant}/movements", 404)


def test_a_long_list_leads_to_its_next_page(visitor: Visitor) -> None:
    visitor.log_in("inventory", "seller1@demo.test", page=OWN_PRODUCTS)
    first = [product["id"] for product in answer(visitor)[1]["results"]]
    visitor.click(visitor.page.locator(".response-info a[href*=cursor]"))
    second = [product["id"] for product in answer(visitor)[1]["results"]]
    assert second
    assert not set(first) & set(second)


def test_a_seller_ships_a_sale_in_the_browser(visitor: Visitor, shop: Shop, purchase: Purchase) -> None:
    seller = purchase.items[0].seller
    sale = purchase.sale_of(seller)["id"]
    visitor.log_in("orders", seller.email, page="/api/v1/")
    visitor.click(visitor.page.get_by_role("link", name="/api/v1/sales"))
    visitor.click(visitor.page.get_by_role("link", name=sale))
    assert answer(visitor)[1]["state"] == "to_prepare"
    open_extra(visitor, "Deliveries")
    form(visitor).locator("[name=carrier]").fill("Colissimo")
    form(visitor).locator("[name=tracking_number]").fill("6A12345678901")
    send(visitor)
    visitor.open("orders", f"/api/v1/sales/{sale}")
    assert answer(visitor)[1]["state"] == "shipped"
    order = purchase.buyer.api.expect("GET", f"/orders/{purchase.order['id']}", 200)
    (shipped,) = [part for part in order["seller_orders"] if part["id"] == sale]
    assert shipped["deliveries"][0]["tracking_number"] == "6A12345678901"
    visitor.open("orders", f"/api/v1/sales/{purchase.sale_of(purchase.items[1].seller)['id']}", 404)
    assert shop.mail_to(purchase.buyer.email, order["reference"])


def test_a_buyer_is_told_that_selling_is_not_for_them(enter: Entrance) -> None:
    buyer = enter()
    buyer.log_in("inventory", "buyer004@demo.test", page="/api/v1/")
    buyer.open("inventory", OWN_PRODUCTS, 403)
    assert answer(buyer)[1]["code"] == "permission_denied"
    expect(buyer.page.locator("#post-object-form")).to_have_count(0)
