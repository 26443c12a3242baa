"""A purchase from registration to the parcel, and everything that a buyer may meet on the way."""

import uuid
from typing import Any

import pytest
import yaml

from tests.audit import audit
from tests.faults import AFTER, BEFORE, Call
from tests.shop import ADDRESS, PASSWORD, VISA, Shop, eur, fresh_email, problem_of, text_of


@pytest.mark.parametrize(
    ("language", "verify", "confirmed", "shipped"),
    [
        ("en", "Please confirm your e-mail address", "is confirmed", "is on its way"),
        ("fr", "Merci de confirmer votre adresse e-mail", "est confirmée", "est en route"),
    ],
)
def test_a_person_registers_buys_from_two_sellers_and_follows_the_parcels(
    shop: Shop, language: str, verify: str, confirmed: str, shipped: str
) -> None:
    lamp = shop.item(stock=5, price=2490, seller=0, title=f"Lamp {uuid.uuid4().hex[:6]}")
    chair = shop.item(stock=2, price=9900, seller=1, title=f"Chair {uuid.uuid4().hex[:6]}")
    visitor = shop.api(language=language)

    # Looks around, and fills a cart before having an account.
    found = visitor.expect("GET", "/products", 200, params={"in_stock": "true", "ordering": "newest"})
    assert {lamp.product, chair.product} <= {product["id"] for product in found["results"]}
    assert found["degraded"] == []
    detail = visitor.expect("GET", f"/products/{lamp.slug}", 200)
    assert detail["variants"][0]["price"] == eur(2490)
    assert detail["seller"] == {"id": lamp.seller.id, "name": "Atelier Margot"}
    cart = visitor.expect("POST", "/carts", 201)
    assert (cart["account"], cart["lines"], cart["total"]) == (None, [], eur(0))
    visitor.expect("PUT", f"/carts/{cart['id']}/lines/{lamp.variant}", 200, json={"quantity": 3})
    visitor.expect("PUT", f"/carts/{cart['id']}/lines/{lamp.variant}", 200, json={"quantity": 2})
    cart = visitor.expect("PUT", f"/carts/{cart['id']}/lines/{chair.variant}", 200, json={"quantity": 1})
    assert cart["total"] == eur(2 * 2490 + 9900)

    # Registers by the mailed link.
    buyer = shop.registered(language=language)
    assert shop.mails_to(buyer.email)[0]["Subject"] == verify
    me = buyer.api.expect("GET", "/accounts/me", 200)
    assert (me["email"], me["email_verified"], me["language"], me["roles"]) == (buyer.email, True, language, ["buyer"])

    # Buys.
    body = {
        "cart": cart["id"],
        "cart_version": cart["version"],
        "shipping_address": buyer.address(),
        "payment_method": VISA,
        "expected_total": cart["total"],
    }
    answer = buyer.api.call("POST", "/checkouts", json=body, key="the-first")
    buyer.api.check(answer, 201)
    checkout = answer.json()
    order = checkout["order"]
    assert (checkout["state"], checkout["problem"]) == ("completed", None)
    assert answer.headers["Location"] == f"/api/v1/checkouts/{checkout['id']}"
    assert (order["state"], order["items_total"], order["shipping_total"], order["total"]) == (
        "confirmed",
        cart["total"],
        eur(0),
        cart["total"],
    )
    assert order["payment"]["state"] == "captured"
    assert order["payment"]["amount"] == cart["total"]
    assert {part["seller"] for part in order["seller_orders"]} == {lamp.seller.id, chair.seller.id}
    assert order["shipping_address"]["line1"] == ADDRESS["line1"]
    assert shop.available(lamp) == 3
    assert shop.available(chair) == 1
    bought = buyer.api.expect("GET", f"/carts/{cart['id']}", 200)
    assert (bought["state"], bought["account"]) == ("closed", me["id"])
    assert buyer.api.expect("GET", f"/checkouts/{checkout['id']}", 200) == checkout
    mail = shop.mail_to(buyer.email, confirmed)
    assert order["reference"] in mail["Subject"]
    assert lamp.slug.split("-")[1] in text_of(mail)

    # Sees the order, and nobody else does.
    (listed,) = buyer.api.expect("GET", "/orders", 200)["results"]
    shown = buyer.api.expect("GET", f"/orders/{order['id']}", 200)
    assert shown.pop("degraded") == []
    assert listed == shown == order
    shop.buyer().api.refused("GET", f"/orders/{order['id']}", 404)
    shop.anonymous.refused("GET", f"/orders/{order['id']}", 401)

    # Each seller sees their part, and ships it.
    sale = sale_of(shop, lamp.seller.api, order)
    assert [(line["variant"], line["quantity"]) for line in sale["lines"]] == [(lamp.variant, 2)]
    assert sale["state"] == "to_prepare"
    parcel = {"carrier": "Colissimo", "tracking_number": "6A12345678901"}
    other = sale_of(shop, chair.seller.api, order)
    lamp.seller.api.refused("POST", f"/seller/sales/{other['id']}/deliveries", 404, json=parcel)
    delivery = lamp.seller.api.expect("POST", f"/seller/sales/{sale['id']}/deliveries", 201, json=parcel)
    assert "6A12345678901" in delivery["tracking_url"]
    lamp.seller.api.refused("POST", f"/seller/sales/{sale['id']}/deliveries", 409, json=parcel)
    parts = {part["id"]: part for part in buyer.api.expect("GET", f"/orders/{order['id']}", 200)["seller_orders"]}
    assert parts[sale["id"]]["state"] == "shipped"
    assert parts[sale["id"]]["deliveries"] == [delivery]
    assert parts[other["id"]]["state"] == "to_prepare"
    mail = shop.mail_to(buyer.email, shipped)
    assert delivery["tracking_url"] in text_of(mail)
    subjects = [mail["Subject"] for mail in shop.mails_to(buyer.email)]
    assert len(subjects) == len(set(subjects)) == 3
    audit(shop)


def sale_of(shop: Shop, seller: Any, order: dict[str, Any]) -> dict[str, Any]:
    """The seller's part of the order, from their own list."""
    sales = seller.expect("GET", "/seller/sales", 200)["results"]
    (sale,) = [sale for sale in sales if sale["order_reference"] == order["reference"]]
    return dict(sale)


# Accounts


def test_registration_answers_the_same_whether_or_not_the_address_has_an_account(shop: Shop) -> None:
    address = fresh_email()
    account = {"email": address, "password": PASSWORD, "full_name": "Ada Lovelace"}
    first = shop.anonymous.call("POST", "/accounts", json=account)
    again = shop.anonymous.call("POST", "/accounts", json={**account, "password": "another pass phrase 8"})
    shop.anonymous.check(first, 201)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.json() == {"email": address}
    # The second changed nothing: the first password is good, the other is not.
    shop.anonymous.expect("POST", "/auth/token", 200, json={"email": address, "password": PASSWORD})
    wrong = {"email": address, "password": "another pass phrase 8"}
    shop.anonymous.refused("POST", "/auth/token", 401, "invalid_credentials", json=wrong)
    nobody = {"email": fresh_email("nobody"), "password": PASSWORD}
    shop.anonymous.refused("POST", "/auth/token", 401, "invalid_credentials", json=nobody)


def test_a_verification_may_be_repeated_and_a_made_up_one_is_refused(shop: Shop) -> None:
    buyer = shop.registered(verified=False)
    token = {"token": shop.mailed_token(buyer.email)}
    shop.anonymous.expect("POST", "/accounts/verify", 204, json=token)
    shop.anonymous.expect("POST", "/accounts/verify", 204, json=token)
    shop.anonymous.refused("POST", "/accounts/verify", 400, "invalid_token", json={"token": "made up"})


def test_an_unverified_account_may_log_in_and_not_buy(shop: Shop) -> None:
    item = shop.item(stock=1)
    buyer = shop.registered(verified=False)
    basket = shop.basket(buyer, item)
    assert buyer.api.expect("GET", "/accounts/me", 200)["email_verified"] is False
    problem_of(basket.check_out(), "email_not_verified")
    assert basket.check_out().status_code == 403
    assert shop.available(item) == 1
    shop.anonymous.expect("POST", "/accounts/verify", 204, json={"token": shop.mailed_token(buyer.email)})
    # The token at hand still says unverified; the next one does not.
    tokens = shop.anonymous.expect("POST", "/auth/token/refresh", 200, json={"refresh": buyer.login.tokens["refresh"]})
    buyer.login.tokens = tokens
    shop.anonymous.check(basket.check_out(), 201)
    audit(shop)


def test_refresh_tokens_rotate_and_a_stolen_one_ends_the_whole_family(shop: Shop) -> None:
    first = shop.registered().login.tokens["refresh"]
    second = shop.anonymous.expect("POST", "/auth/token/refresh", 200, json={"refresh": first})["refresh"]
    third = shop.anonymous.expect("POST", "/auth/token/refresh", 200, json={"refresh": second})["refresh"]
    assert len({first, second, third}) == 3
    shop.anonymous.refused("POST", "/auth/token/refresh", 401, json={"refresh": first})
    shop.anonymous.refused("POST", "/auth/token/refresh", 401, json={"refresh": third})


def test_logging_out_ends_the_refresh_token(shop: Shop) -> None:
    refresh = {"refresh": shop.registered().login.tokens["refresh"]}
    shop.anonymous.expect("POST", "/auth/token/revoke", 204, json=refresh)
    shop.anonymous.expect("POST", "/auth/token/revoke", 204, json=refresh)
    shop.anonymous.refused("POST", "/auth/token/refresh", 401, json=refresh)


def test_registering_again_with_the_same_key_opens_one_account_and_mails_once(shop: Shop) -> None:
    account = {"email": fresh_email(), "password": PASSWORD, "full_name": "Ada Lovelace"}
    key = str(uuid.uuid4())
    answers = [shop.anonymous.call("POST", "/accounts", json=account, key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    shop.mail_to(account["email"], "")
    token = shop.mailed_token(account["email"])
    shop.anonymous.expect("POST", "/accounts/verify", 204, json={"token": token})
    assert len(shop.mails_to(account["email"])) == 1


# Carts and addresses


def test_a_buyer_has_one_open_cart_on_every_device(shop: Shop) -> None:
    buyer = shop.registered()
    item = shop.item()
    first = buyer.api.call("POST", "/carts")
    again = buyer.api.call("POST", "/carts")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    basket = shop.basket(buyer, item, own=True)
    assert basket.cart == first.json()["id"]
    shop.anonymous.check(basket.check_out(), 201)
    fresh = buyer.api.expect("POST", "/carts", 201)
    assert (fresh["id"] != basket.cart, fresh["lines"]) == (True, [])


def test_a_cart_belongs_to_its_buyer(shop: Shop) -> None:
    buyer, other = shop.registered(), shop.buyer()
    item = shop.item()
    basket = shop.basket(buyer, item, own=True)
    for stranger in (other.api, shop.anonymous):
        stranger.refused("GET", f"/carts/{basket.cart}", 404)
        stranger.refused("PUT", f"/carts/{basket.cart}/lines/{item.variant}", 404, json={"quantity": 9})
        stranger.refused("DELETE", f"/carts/{basket.cart}/lines/{item.variant}", 404)
    basket.buyer = other
    problem_of(basket.check_out(), "cart_not_found")
    (line,) = buyer.api.expect("GET", f"/carts/{basket.cart}", 200)["lines"]
    assert line["quantity"] == 1
    buyer.api.expect("DELETE", f"/carts/{basket.cart}/lines/{item.variant}", 204)
    buyer.api.expect("DELETE", f"/carts/{basket.cart}/lines/{item.variant}", 204)
    assert buyer.api.expect("GET", f"/carts/{basket.cart}", 200)["lines"] == []


def test_a_cart_shows_what_changed_since_it_was_filled(shop: Shop) -> None:
    item = shop.item(stock=2, price=1000)
    basket = shop.basket(shop.buyer(), item, quantity=2)
    inventory = shop.api("inventory", login=item.seller.login)
    inventory.expect("PATCH", f"/seller/variants/{item.variant}", 200, json={"price_amount": 1200})
    (line,) = shop.anonymous.expect("GET", f"/carts/{basket.cart}", 200)["lines"]
    assert (line["status"], line["price_when_added"], line["unit_price"]) == ("price_changed", eur(1000), eur(1200))
    movement = {"delta": -1, "reason": "loss"}
    inventory.expect("POST", f"/seller/variants/{item.variant}/movements", 201, json=movement)
    (line,) = shop.anonymous.expect("GET", f"/carts/{basket.cart}", 200)["lines"]
    assert (line["status"], line["available"]) == ("insufficient_stock", 1)


def test_an_address_book_is_its_owner_s(shop: Shop) -> None:
    buyer, other = shop.registered(), shop.buyer()
    address = buyer.api.expect("POST", "/addresses", 201, json=ADDRESS)
    path = f"/addresses/{address['id']}"
    assert buyer.api.expect("GET", "/addresses", 200)["results"] == [address]
    other.api.refused("GET", path, 404)
    other.api.refused("PATCH", path, 404, json={"city": "Lyon"})
    other.api.refused("DELETE", path, 404)
    shop.anonymous.refused("GET", "/addresses", 401)
    changed = buyer.api.expect("PATCH", path, 200, json={"city": "Lyon"})
    assert changed == {**address, "city": "Lyon"}
    buyer.api.expect("DELETE", path, 204)
    buyer.api.refused("GET", path, 404)


# Checkouts that do not end well


@pytest.mark.parametrize(
    ("method", "code", "decline_code", "language"),
    [
        ("pm_card_chargeDeclined", "payment_declined", "generic_decline", "en"),
        ("pm_card_chargeDeclinedInsufficientFunds", "payment_declined", "insufficient_funds", "fr"),
        ("pm_card_authenticationRequired", "authentication_required", None, "fr"),
        ("pm_card_nobodyKnows", "payment_declined", "invalid_payment_method", "en"),
    ],
)
def test_a_declined_payment_leaves_everything_as_it_was(
    shop: Shop, method: str, code: str, decline_code: str | None, language: str
) -> None:
    item = shop.item(stock=1)
    buyer = shop.buyer(language)
    basket = shop.basket(buyer, item, method=method)
    answer = basket.check_out()
    buyer.api.check(answer, 402)
    problem = problem_of(answer, code)
    assert problem.get("decline_code") == decline_code
    assert ("Nothing was charged" in problem["detail"]) == (language == "en")
    assert basket.check_out().content == answer.content
    stands = buyer.api.expect("GET", f"/checkouts/{basket.checkout}", 200)
    assert (stands["state"], stands["order"], stands["problem"]) == ("failed", None, problem)
    assert shop.available(item) == 1
    # With another key and another card the same cart is bought.
    basket.method = VISA
    buyer.api.check(basket.check_out(key=uuid.uuid4().hex), 201)
    audit(shop)


def test_what_is_out_of_stock_is_named_line_by_line(shop: Shop) -> None:
    scarce, plenty = shop.item(stock=2), shop.item(stock=10)
    basket = shop.basket(shop.buyer(), scarce, plenty, quantity=3)
    answer = basket.check_out()
    shop.anonymous.check(answer, 409)
    problem = problem_of(answer, "out_of_stock")
    (line,) = problem["lines"]
    assert (line["variant"], line["requested"], line["available"]) == (scarce.variant, 3, 2)
    assert (shop.available(scarce), shop.available(plenty)) == (2, 10)
    audit(shop)


def test_another_total_than_the_buyer_saw_is_refused_with_the_new_one(shop: Shop) -> None:
    item = shop.item(price=1000)
    basket = shop.basket(shop.buyer(), item)
    inventory = shop.api("inventory", login=item.seller.login)
    inventory.expect("PATCH", f"/seller/variants/{item.variant}", 200, json={"price_amount": 1200})
    answer = basket.check_out()
    shop.anonymous.check(answer, 409)
    problem = problem_of(answer, "total_changed")
    assert (problem["expected_total"], problem["total"]) == (eur(1000), eur(1200))
    assert (problem["items_total"], problem["shipping_total"]) == (eur(1200), eur(0))
    basket.total = problem["total"]
    shop.anonymous.check(basket.check_out(key=uuid.uuid4().hex), 201)
    audit(shop)


def test_a_cart_that_was_changed_in_another_window_is_not_bought_unseen(shop: Shop) -> None:
    item, other = shop.item(price=1000), shop.item(price=1000)
    basket = shop.basket(shop.buyer(), item)
    seen = shop.anonymous.expect("GET", f"/carts/{basket.cart}", 200)
    shop.anonymous.expect("DELETE", f"/carts/{basket.cart}/lines/{item.variant}", 204)
    there = shop.anonymous.expect("PUT", f"/carts/{basket.cart}/lines/{other.variant}", 200, json={"quantity": 1})
    assert there["total"] == seen["total"]
    body = {**basket.body(), "cart_version": seen["version"]}
    problem = problem_of(basket.buyer.api.call("POST", "/checkouts", json=body, key=basket.key), "cart_changed")
    assert problem["cart_version"] == there["version"]
    assert (shop.available(item), shop.available(other)) == (5, 5)
    body["cart_version"] = there["version"]
    shop.anonymous.check(basket.buyer.api.call("POST", "/checkouts", json=body, key=uuid.uuid4().hex), 201)
    audit(shop)


def test_an_empty_and_a_bought_cart_cannot_be_checked_out(shop: Shop) -> None:
    buyer, item = shop.buyer(), shop.item()
    basket = shop.basket(buyer, item)
    shop.anonymous.expect("DELETE", f"/carts/{basket.cart}/lines/{item.variant}", 204)
    problem_of(basket.check_out(), "cart_empty")
    basket = shop.basket(buyer, item)
    shop.anonymous.check(basket.check_out(), 201)
    problem_of(basket.check_out(key=uuid.uuid4().hex), "cart_closed")
    line = f"/carts/{basket.cart}/lines/{item.variant}"
    buyer.api.refused("PUT", line, 409, "cart_closed", json={"quantity": 2})
    buyer.api.refused("DELETE", line, 409, "cart_closed")
    audit(shop)


def test_a_cart_in_checkout_can_neither_be_edited_nor_checked_out_again_until_it_is_called_off(shop: Shop) -> None:
    buyer, item = shop.buyer(), shop.item()
    basket = shop.basket(buyer, item)
    shop.proxies["payment"].answer("PUT", f"/payments/{basket.payment}$", 503, at=BEFORE, once=False)
    shop.anonymous.check(basket.check_out(), 202)
    line = f"/carts/{basket.cart}/lines/{item.variant}"
    assert buyer.api.expect("GET", f"/carts/{basket.cart}", 200)["state"] == "in_checkout"
    buyer.api.refused("PUT", line, 409, "cart_in_checkout", json={"quantity": 2})
    problem_of(basket.check_out(key=uuid.uuid4().hex), "cart_in_checkout")
    stands = buyer.api.expect("GET", f"/checkouts/{basket.checkout}", 200)
    assert (stands["state"], stands["order"], stands["problem"]) == ("processing", None, None)
    shop.buyer().api.refused("POST", f"/checkouts/{basket.checkout}/cancel", 404)
    cancelled = basket.cancel()
    buyer.api.check(cancelled, 200)
    assert cancelled.json()["problem"]["code"] == "checkout_cancelled"
    buyer.api.check(basket.cancel(), 200)
    buyer.api.expect("PUT", line, 200, json={"quantity": 2})
    problem_of(basket.check_out(), "checkout_cancelled")
    audit(shop)


def test_a_decided_checkout_cannot_be_cancelled(shop: Shop) -> None:
    basket = shop.basket(shop.buyer(), shop.item())
    answer = basket.check_out()
    shop.anonymous.check(answer, 201)
    refused = basket.cancel()
    shop.anonymous.check(refused, 409)
    problem_of(refused, "checkout_decided")
    assert basket.check_out().content == answer.content
    audit(shop)


def test_somebody_else_s_address_does_not_exist(shop: Shop) -> None:
    item = shop.item(stock=1)
    basket = shop.basket(shop.buyer(), item)
    basket.address = shop.buyer().address()
    answer = basket.check_out()
    shop.anonymous.check(answer, 404)
    problem_of(answer, "address_not_found")
    assert shop.available(item) == 1
    audit(shop)


def test_what_is_reserved_is_sold_though_its_product_is_archived_meanwhile(shop: Shop) -> None:
    item = shop.item(stock=1)
    basket = shop.basket(shop.buyer(), item)
    seller = shop.api("inventory", login=item.seller.login)

    def archive(_call: Call) -> None:
        seller.expect("DELETE", f"/seller/products/{item.product}", 204)

    shop.proxies["payment"].run("PUT", f"/payments/{basket.payment}$", archive, at=AFTER)
    shop.anonymous.check(basket.check_out(), 201)
    shop.anonymous.refused("GET", f"/products/{item.product}", 404)
    audit(shop)


# The platform


def test_a_checkout_s_id_follows_from_its_buyer_and_key(shop: Shop) -> None:
    basket = shop.basket(shop.buyer(), shop.item())
    checkout = basket.check_out().json()
    assert (checkout["id"], checkout["order"]["id"]) == (str(basket.checkout), str(basket.order))


def test_status_tells_each_service_s_health(shop: Shop) -> None:
    audit(shop)
    status = shop.anonymous.expect("GET", "/status", 200)
    assert status["status"] == "ok"
    assert {one["name"]: one["status"] for one in status["services"]} == dict.fromkeys(
        ["aggregator", "auth", "inventory", "orders", "payment"], "up"
    )
    assert status["sagas"] == {"running": 0, "stuck": 0}


def test_every_service_serves_its_spec_and_the_page_for_it(shop: Shop) -> None:
    for service in shop.platform.services:
        api = shop.api(service.name)
        page = api.call("GET", "api/docs/", headers={"Accept": "text/html"})
        api.check(page, 200)
        assert "swagger" in page.text.lower()
        served = api.call("GET", "api/schema/", headers={"Accept": "application/vnd.oai.openapi"})
        api.check(served, 200)
        committed = yaml.safe_load((service.folder / "openapi.yaml").read_text())
        assert yaml.safe_load(served.text)["paths"].keys() == committed["paths"].keys()
        for probe in ("livez", "readyz"):
            api.check(api.call("GET", probe), 200)
