"""`make demo`: a purchase through the public API, as a frontend would do it, printing each step."""

import email
import email.policy
import json
import re
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from local.errors import LocalError

PASSWORD = "a long Enough pass-phrase 9"  # noqa: S105 - of an account made for this run
MAIL_TIMEOUT = 30.0
DECISION_TIMEOUT = 60.0
ADDRESS = {
    "full_name": "Robin Demo",
    "line1": "12 rue de la Paix",
    "postal_code": "75002",
    "city": "Paris",
    "country": "FR",
}


class Shopper:
    """Somebody who calls the public API; each call is printed and must answer as expected."""

    def __init__(self, base: str) -> None:
        self._base = f"{base}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False

    def log_in(self, email_address: str, password: str) -> None:
        tokens = self.call("POST", "/auth/token", 200, json={"email": email_address, "password": password})
        self._session.headers["Authorization"] = f"Bearer {tokens['access']}"

    def call(
        self, method: str, path: str, expected: int | Sequence[int], *, fact: str = "", **options: Any
    ) -> dict[str, Any]:
        """The answer's JSON; prints the step, and raises LocalError when the status is another."""
        began = time.monotonic()
        try:
            answer = self._session.request(method, self._base + path, timeout=30, **options)
        except requests.RequestException as error:
            raise LocalError(f"{method} {path} got no answer ({error}). Is the platform running (make run)?") from error
        milliseconds = (time.monotonic() - began) * 1000
        print(f"{method:6} {path:62.62} {answer.status_code} {milliseconds:6.0f} ms  {fact}", flush=True)
        accepted = [expected] if isinstance(expected, int) else expected
        if answer.status_code not in accepted:
            request = answer.headers.get("X-Request-ID", "")
            raise LocalError(
                f"{method} {path} answered {answer.status_code}, not {expected}: {answer.text[:600]}\n"
                f"Its story: make logs REQUEST={request}"
            )
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body | {"status_code": answer.status_code}

    def check_out(self, cart: dict[str, Any], address: str, method: str, key: str, expected: int) -> dict[str, Any]:
        """Checks a cart out; while it is undecided, waits for the decision."""
        body = {
            "cart": cart["id"],
            "cart_version": cart["version"],
            "shipping_address": address,
            "payment_method": method,
            "expected_total": cart["total"],
        }
        deadline = time.monotonic() + DECISION_TIMEOUT
        while True:
            answer = self.call(
                "POST",
                "/checkouts",
                [expected, 202],
                json=body,
                headers={"Idempotency-Key": key},
                fact=f"{money(cart['total'])} by {method}",
            )
            if answer["status_code"] == expected:
                return answer
            if time.monotonic() > deadline:
                raise LocalError(f"The checkout is still undecided after {DECISION_TIMEOUT:.0f} s.")
            time.sleep(1)


def play(demo_file: Path) -> int:
    """Plays a purchase at the platform that wrote the file; raises LocalError where a step goes wrong."""
    if not demo_file.exists():
        raise LocalError("There is no platform to buy from: start one with `make run` in another terminal.")
    platform = json.loads(demo_file.read_text())
    base = platform["urls"]["aggregator"]
    buyer = Shopper(base)
    register(buyer, Path(platform["mail"]))
    cart, variant = fill_a_cart(buyer)
    destination = buyer.call("POST", "/addresses", 201, json=ADDRESS)["id"]
    order = pay(buyer, cart, destination)
    be_declined(buyer, variant, destination, order)
    follow_the_parcel(buyer, order, base, platform["logins"]["sellers"])
    print("\nBought, paid and shipped.")
    return 0


def register(buyer: Shopper, mail: Path) -> None:
    title("A new buyer registers, and follows the link in the mail")
    address = f"robin.{uuid.uuid4().hex[:8]}@demo.test"
    account = {"email": address, "password": PASSWORD, "full_name": "Robin Demo"}
    buyer.call("POST", "/accounts", 201, json=account, fact=address)
    buyer.call("POST", "/accounts/verify", 204, json={"token": token_mailed_to(address, mail)})
    buyer.log_in(address, PASSWORD)
    me = buyer.call("GET", "/accounts/me", 200)
    expect(me["email"] == address and me["email_verified"], "the new account is verified", me)


def fill_a_cart(buyer: Shopper) -> tuple[dict[str, Any], str]:
    """The cart, and the id of one variant in it."""
    title("… looks around, and fills a cart")
    categories = buyer.call("GET", "/categories", 200)["results"]
    fact(f"{len(categories)} categories")
    products = buyer.call("GET", "/products?in_stock=true&ordering=newest&page_size=50", 200)["results"]
    cart = buyer.call("POST", "/carts", [200, 201], json={})
    for quantity, product in enumerate(in_two_shops(products), start=1):
        detail = buyer.call("GET", f"/products/{product['id']}", 200)
        variant = max(detail["variants"], key=lambda v: int(v["available"]))
        fact(f"{detail['title']}, {variant['title']}: {money(variant['price'])}, {variant['available']} left")
        line = f"/carts/{cart['id']}/lines/{variant['id']}"
        cart = buyer.call("PUT", line, 200, json={"quantity": quantity})
    fact(f"the cart comes to {money(cart['total'])}")
    return cart, variant["id"]


def pay(buyer: Shopper, cart: dict[str, Any], destination: str) -> dict[str, Any]:
    """The order."""
    title("… and pays")
    key = str(uuid.uuid4())
    order = order_of(buyer.check_out(cart, destination, "pm_card_visa", key, 201))
    fact(f"order {order['reference']}: {order['state']}, {len(order['seller_orders'])} sellers")
    again = order_of(buyer.check_out(cart, destination, "pm_card_visa", key, 201))
    expect(again["id"] == order["id"], "the same key gives the same order", again)
    fact("asked again with the same key: the same order, paid once")
    return order


def be_declined(buyer: Shopper, variant: str, destination: str, order: dict[str, Any]) -> None:
    title("Another cart, and a card that is declined")
    cart = buyer.call("POST", "/carts", [200, 201], json={})
    cart = buyer.call("PUT", f"/carts/{cart['id']}/lines/{variant}", 200, json={"quantity": 1})
    refusal = buyer.check_out(cart, destination, "pm_card_chargeDeclined", str(uuid.uuid4()), 402)
    fact(f"{refusal.get('code')}: {refusal.get('detail') or refusal.get('title')}")
    shown = [listed["id"] for listed in buyer.call("GET", "/orders", 200)["results"]]
    expect(order["id"] in shown, "the first order is listed", shown)


def follow_the_parcel(buyer: Shopper, order: dict[str, Any], base: str, logins: list[dict[str, str]]) -> None:
    title("The seller ships, and the buyer sees it")
    part = order["seller_orders"][0]
    shop = seller_with_id(part["seller"], base, logins)
    sales = [sale["id"] for sale in shop.call("GET", "/seller/sales", 200)["results"]]
    expect(part["id"] in sales, f"the sale {part['id']} is among the seller's", sales)
    parcel = {"carrier": "colissimo", "tracking_number": f"6A{uuid.uuid4().int:011}"[:13]}
    number = parcel["tracking_number"]
    shop.call("POST", f"/seller/sales/{part['id']}/deliveries", 201, json=parcel, fact=number)
    seen = buyer.call("GET", f"/orders/{order['id']}", 200)
    shipped = next(p for p in seen["seller_orders"] if p["id"] == part["id"])
    numbers = [delivery["tracking_number"] for delivery in shipped["deliveries"]]
    expect(number in numbers, "the buyer sees the parcel", shipped)
    fact(f"{shipped['state']}, tracking number {number}")


def order_of(checkout: dict[str, Any]) -> dict[str, Any]:
    """The order in a checkout's answer."""
    order: dict[str, Any] = checkout.get("order") or checkout
    return order


def in_two_shops(products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two products, of two sellers where there are two; raises LocalError when the shop is empty."""
    if len(products) < 2:
        raise LocalError("The shop has fewer than two products in stock: was the demo data loaded?")
    first = products[0]
    other = next((p for p in products[1:] if p["seller"] != first["seller"]), products[1])
    return [first, other]


def seller_with_id(seller: Any, base: str, logins: list[dict[str, str]]) -> Shopper:
    """The demo seller with that account id, logged in; raises LocalError when it is none of them."""
    wanted = seller["id"] if isinstance(seller, dict) else seller
    for login in logins:
        if login["id"] == wanted:
            shopper = Shopper(base)
            shopper.log_in(login["email"], login["password"])
            return shopper
    raise LocalError(f"The seller {wanted} is none of the demo sellers.")


def token_mailed_to(address: str, folder: Path) -> str:
    """The token in the newest verification mail to the address; raises LocalError when none arrives."""
    deadline = time.monotonic() + MAIL_TIMEOUT
    while time.monotonic() < deadline:
        newest_first = sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in newest_first[:50]:
            token = _token_in(path, address)
            if token:
                fact(f"the link was in {path.name}")
                return token
        time.sleep(0.2)
    raise LocalError(f"No verification mail to {address} in {folder} after {MAIL_TIMEOUT:.0f} s.")


def _token_in(path: Path, address: str) -> str | None:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    if address not in str(message["To"]):
        return None
    body = message.get_body(("plain", "html"))
    link = re.search(r"https?://\S*[?&]token=[^\s\"'<>]+", body.get_content()) if body else None
    return parse_qs(urlsplit(link[0]).query)["token"][0] if link else None


def money(amount: dict[str, Any]) -> str:
    return f"{amount['amount'] / 100:.2f} {amount['currency']}"


def title(text: str) -> None:
    print(f"\n{text}")


def fact(text: str) -> None:
    print(f"       {text}")


def expect(holds: bool, promise: str, found: object) -> None:
    """Raises LocalError when the promise does not hold."""
    if not holds:
        raise LocalError(f"Expected: {promise}. Found: {found}")
