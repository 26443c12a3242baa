"""How each operation of each spec is called: on what, and with which body.

`CALLS` has an entry for every row of docs/permissions.md, by service, operation and what it is done to. The things are
made through the services' own APIs, each when it is first asked for: the same ones serve all calls that change
nothing, and a call that does change something is given fresh ones.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.audit import Databases
from tests.callers import CLIENT, CLIENT_SECRET, Callers
from tests.shop import ADDRESS, DECLINED, PASSWORD, VISA, Api, Basket, Item, Person, Shop, eur, fresh_email

CALLER = "whoever calls"
"""In place of what an answer shows: the caller's own account."""

PARCEL = {"carrier": "Colissimo", "tracking_number": "6A12345678901"}


THEN = "2026-01-01T12:00:00Z"


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Call:
    """What an operation is called with. `about` is the id of the thing that some may see and others may not."""

    ids: tuple[str, ...] = ()
    body: Any = None
    about: str = ""
    query: str = ""
    shows: str = ""
    """What stands in the answer of whoever may see the thing, and of nobody else."""

    def of_nothing(self) -> "Call":
        """The same call about an id that nothing has."""
        nothing = new_id()
        return Call(
            ids=tuple(nothing if each == self.about else each for each in self.ids),
            body=json.loads(json.dumps(self.body).replace(self.about, nothing)) if self.about else self.body,
            about=nothing,
            query=self.query,
        )


def on(*ids: str, body: Any = None, about: str | None = None, query: str = "", shows: str | None = None) -> Call:
    """A call whose address names `ids`, the thing it is about first, unless that is said to be another."""
    about = (ids[0] if ids else "") if about is None else about
    return Call(ids, body, about, query, about if shows is None else shows)


class Things:
    """What callers act on: the buyer's and the seller's."""

    def __init__(self, callers: Callers, who: str = "buyer") -> None:
        self.callers = callers
        self.shop: Shop = callers.shop
        self.who = who
        """The caller, where what is called with depends on who calls."""
        self._restores: dict[str, str] = {}

    def person(self, name: str) -> Person:
        return self.callers.people[name]

    @property
    def caller(self) -> Person:
        """Who calls; for callers that are no people, the buyer."""
        return self.callers.people.get(self.who, self.person("buyer"))

    def as_person(self, service: str, name: str) -> Api:
        return self.shop.api(service, login=self.person(name).login)

    def as_platform(self, service: str, method: str, path: str, status: int, body: Any = None) -> Any:
        """What only the checkout may do."""
        token = self.callers.services["service", ""]
        api = self.shop.api(service)
        return api.expect(method, path, status, json=body, headers={"Authorization": f"Bearer {token}"})

    def restore_of(self, service: str) -> str:
        """A restore that was released long ago: one that was not would hold the whole service."""
        if service not in self._restores:
            self._restores[service] = new_id()
            Databases(self.shop).write(
                service,
                "INSERT INTO restores_restore"
                " (id, restored_at, recovery_point, backup, released_at, released_by, note)"
                " VALUES (%s, now(), now(), '', now(), '', '')",
                self._restores[service],
            )
        return self._restores[service]

    # Accounts

    @cached_property
    def refresh_token(self) -> str:
        tokens = self.shop.anonymous.expect("POST", "/auth/token", 200, json=credentials(self))
        return str(tokens["refresh"])

    @cached_property
    def verification_token(self) -> str:
        """It may be used again and again."""
        return self.shop.mailed_token(self.person("unverified").email)

    # The catalogue

    @cached_property
    def item(self) -> Item:
        return self.shop.item(stock=50, seller=0, title="Lamp of the seller")

    @cached_property
    def other_item(self) -> Item:
        return self.shop.item(stock=50, seller=1, title="Lamp of the other seller")

    @cached_property
    def draft(self) -> str:
        body = {**self.product_body(), "state": "draft"}
        return str(self.as_person("inventory", "seller").expect("POST", "/seller/products", 201, json=body)["id"])

    def product_body(self) -> dict[str, Any]:
        return {"category": self.shop.category(), "title": "A lamp that is new", "description": "For tests."}

    def new_product(self) -> dict[str, Any]:
        """An admin has to say whose it is."""
        own = {"seller": self.person("seller").id} if self.who == "admin" else {}
        return {**self.product_body(), **own}

    # Carts

    @cached_property
    def anonymous_cart(self) -> str:
        return self.shop.basket(self.person("buyer"), self.item).cart

    @cached_property
    def own_cart(self) -> str:
        """The caller's open cart."""
        return str(self.caller.api.expect("POST", "/carts", {200, 201})["id"])

    @cached_property
    def buyers_cart(self) -> str:
        return self.basket(own=True).cart

    def basket(self, *, method: str = VISA, own: bool = False) -> Basket:
        return self.shop.basket(self.person("buyer"), self.item, method=method, own=own)

    def reservation_body(self, buyer: str = "buyer", cart: str | None = None) -> dict[str, Any]:
        cart = cart or self.basket().cart
        version = self.as_platform("inventory", "GET", f"/carts/{cart}", 200)["version"]
        return {"cart": cart, "cart_version": version, "buyer": self.person(buyer).id}

    @cached_property
    def reservation(self) -> str:
        ident = new_id()
        self.as_platform("inventory", "PUT", f"/reservations/{ident}", 201, self.reservation_body())
        return ident

    # Orders

    @cached_property
    def address(self) -> str:
        """The buyer's; not the one that their baskets go to, which must outlive every test."""
        return str(self.person("buyer").api.expect("POST", "/addresses", 201, json=ADDRESS)["id"])

    @cached_property
    def others_address(self) -> str:
        return self.person("other buyer").address()

    def placement(self, address: str | None = None) -> dict[str, Any]:
        """An order of the buyer, of both sellers' things."""
        buyer = self.person("buyer")
        return {
            "buyer": {"id": buyer.id, "email": buyer.email, "language": buyer.language},
            "shipping_address": address or buyer.address(),
            "currency": "EUR",
            "lines": [
                {
                    "variant": item.variant,
                    "product": item.product,
                    "seller": item.seller.id,
                    "title": item.slug,
                    "sku": "LAMP",
                    "quantity": 1,
                    "unit_price": eur(item.price),
                }
                for item in (self.item, self.other_item)
            ],
        }

    def placed(self, *then: str) -> dict[str, Any]:
        ident = new_id()
        order: dict[str, Any] = self.as_platform("orders", "PUT", f"/orders/{ident}", 201, self.placement())
        for step in then:
            self.as_platform("orders", "POST", f"/orders/{ident}/{step}", 200)
        return order

    @cached_property
    def order(self) -> dict[str, Any]:
        return self.placed("confirm")

    @cached_property
    def pending_order(self) -> dict[str, Any]:
        return self.placed()

    @cached_property
    def rejected_order(self) -> dict[str, Any]:
        return self.placed("reject")

    def sale_of(self, order: dict[str, Any]) -> str:
        """The seller's part."""
        seller = self.person("seller").id
        return next(str(part["id"]) for part in order["seller_orders"] if part["seller"] == seller)

    @cached_property
    def shipped(self) -> tuple[str, str]:
        """A sale and its delivery."""
        sale = self.sale_of(self.placed("confirm"))
        delivery = self.as_person("orders", "seller").expect("POST", f"/sales/{sale}/deliveries", 201, json=PARCEL)
        return sale, str(delivery["id"])

    # Payments

    def payment_body(self) -> dict[str, Any]:
        buyer = self.person("buyer").id
        return {"order": new_id(), "buyer": buyer, "amount": eur(1999), "payment_method": VISA}

    @cached_property
    def payment(self) -> str:
        ident = new_id()
        self.as_platform("payment", "PUT", f"/payments/{ident}", 201, self.payment_body())
        return ident

    @cached_property
    def cancelled_payment(self) -> str:
        ident = new_id()
        self.as_platform("payment", "POST", f"/payments/{ident}/cancel", 200)
        return ident

    def refund_body(self) -> dict[str, Any]:
        return {"payment": self.payment, "amount": eur(5), "reason": "A scratch."}

    @cached_property
    def refund(self) -> str:
        ident = new_id()
        self.as_platform("payment", "PUT", f"/refunds/{ident}", 201, self.refund_body())
        return ident

    # What reconcile tells

    def forgotten_reservation(self) -> dict[str, Any]:
        line = {**self.placement()["lines"][0], "quantity": 1}
        return {
            "committed": False,
            "cart": new_id(),
            "cart_version": 1,
            "buyer": self.person("buyer").id,
            "currency": "EUR",
            "created_at": THEN,
            "lines": [line],
        }

    def forgotten_order(self) -> dict[str, Any]:
        return {**self.placement(new_id()), "state": "pending", "address": ADDRESS, "created_at": THEN}

    def forgotten_payment(self) -> dict[str, Any]:
        return {**self.payment_body(), "created_at": THEN, "captured_at": THEN}

    # Checkouts

    @cached_property
    def checkout(self) -> str:
        basket = self.basket()
        self.shop.anonymous.check(basket.check_out(), 201)
        return str(basket.checkout)

    @cached_property
    def declined_checkout(self) -> str:
        """One that may still be called off: it has been already."""
        basket = self.basket(method=DECLINED)
        self.shop.anonymous.check(basket.check_out(), 402)
        return str(basket.checkout)

    def checkout_of(self, cart: str) -> Call:
        total = self.as_platform("inventory", "GET", f"/carts/{cart}", 200)["total"]
        body = {
            "cart": cart,
            "shipping_address": self.caller.address(),
            "payment_method": VISA,
            "expected_total": total,
        }
        return on(body=body, about=cart)


def credentials(things: Things) -> dict[str, str]:
    person = things.person("unverified")
    return {"email": person.email, "password": person.login.password}


Calls = Mapping[tuple[str, str], Callable[[Things], Call]]
TWO = {"quantity": 2}


def registration(_things: Things) -> Call:
    return on(body={"email": fresh_email(), "password": PASSWORD, "full_name": "Ada Lovelace"})


def open_cart(things: Things) -> Call:
    return on(shows=things.own_cart if things.who in things.callers.people else "")


# What the aggregator and the service behind it have under the same name.

_ACCOUNTS: Calls = {
    ("accounts_register", ""): registration,
    ("accounts_verify", ""): lambda t: on(body={"token": t.verification_token}),
    ("accounts_me", "their own account"): lambda _: on(shows=CALLER),
    ("auth_token_refresh", ""): lambda t: on(body={"refresh": t.refresh_token}),
    ("auth_token_revoke", ""): lambda t: on(body={"refresh": t.refresh_token}),
}
_CATALOGUE: Calls = {
    ("categories_list", ""): lambda t: on(shows=t.shop.category()),
    ("products_list", "a published product"): lambda t: on(shows=t.item.product),
    ("products_list", "a draft"): lambda t: on(shows=t.draft),
    ("products_retrieve", "a published product"): lambda t: on(t.item.product),
    ("products_retrieve", "a draft"): lambda t: on(t.draft),
    ("carts_retrieve", "an anonymous cart"): lambda t: on(t.anonymous_cart),
    ("carts_retrieve", "the buyer's cart"): lambda t: on(t.buyers_cart),
}
_ORDERS: Calls = {
    ("addresses_list", "the buyer's address"): lambda t: on(shows=t.address),
    ("addresses_create", ""): lambda t: on(body=ADDRESS),
    ("orders_list", "the buyer's order"): lambda t: on(shows=t.order["id"]),
    ("orders_list", "a pending order"): lambda t: on(shows=t.pending_order["id"]),
    ("orders_list", "a rejected order"): lambda t: on(shows=t.rejected_order["id"]),
    ("sales_list", "the seller's sale"): lambda t: on(shows=t.sale_of(t.order)),
    ("sales_list", "a sale of a pending order"): lambda t: on(shows=t.sale_of(t.pending_order)),
    ("sales_ship", "the seller's sale"): lambda t: on(t.sale_of(t.order), body=PARCEL),
    ("sales_ship", "a sale of a pending order"): lambda t: on(t.sale_of(t.pending_order), body=PARCEL),
}


def _kept_by(service: str) -> Calls:
    """What the chassis keeps in each service's database."""
    return {
        ("audit_jobs_list", ""): lambda _: on(shows="results"),
        ("audit_restores_list", "a restore"): lambda t: on(shows=t.restore_of(service)),
        ("restores_release", "a restore"): lambda t: on(t.restore_of(service), body={"note": "nothing was missing"}),
    }


CALLS: Mapping[str, Calls] = {
    "auth": {
        **_ACCOUNTS,
        **_kept_by("auth"),
        ("keys_list", ""): lambda t: on(shows="RS256"),
        ("audit_accounts_list", "the buyer's account"): lambda t: on(
            query=f"?id={t.person('buyer').id}", shows=t.person("buyer").id
        ),
        ("reconcile_accounts_restore", "a forgotten account"): lambda t: on(
            new_id(), body={"email": fresh_email(), "full_name": "Ada Lovelace", "language": "en"}
        ),
        ("reconcile_logins_retrieve", ""): lambda t: on(query=f"?opened_before={THEN}", shows="open"),
        ("reconcile_logins_end", ""): lambda t: on(body={"opened_before": THEN}),
        ("auth_token_create", ""): lambda t: on(body=credentials(t)),
        ("auth_service_token_create", ""): lambda t: on(body={"client_id": CLIENT, "client_secret": CLIENT_SECRET}),
        ("sellers_list", "a seller"): lambda t: on(shows=t.person("seller").id),
        ("sellers_list", "a buyer"): lambda t: on(shows=t.person("buyer").id),
        ("sellers_retrieve", "a seller"): lambda t: on(t.person("seller").id),
        ("sellers_retrieve", "a buyer"): lambda t: on(t.person("buyer").id),
    },
    "inventory": {
        **_CATALOGUE,
        **_kept_by("inventory"),
        ("audit_stock_list", "the seller's variant"): lambda t: on(
            query=f"?variant={t.item.variant}", shows=t.item.variant
        ),
        ("audit_reservations_list", "a reservation"): lambda t: on(shows=t.reservation),
        ("reconcile_reservations_restore", "a forgotten reservation"): lambda t: on(
            new_id(), body=t.forgotten_reservation()
        ),
        ("carts_open", ""): open_cart,
        ("cart_lines_put", "an anonymous cart"): lambda t: on(t.anonymous_cart, t.item.variant, body=TWO),
        ("cart_lines_put", "the buyer's cart"): lambda t: on(t.buyers_cart, t.item.variant, body=TWO),
        ("cart_lines_remove", "an anonymous cart"): lambda t: on(t.anonymous_cart, t.item.variant),
        ("cart_lines_remove", "the buyer's cart"): lambda t: on(t.buyers_cart, t.item.variant),
        ("reservations_retrieve", "a reservation"): lambda t: on(t.reservation),
        ("reservations_reserve", "a cart"): lambda t: on(new_id(), body=t.reservation_body()),
        ("reservations_reserve", "another buyer's cart"): lambda t: on(
            new_id(), body=t.reservation_body("other buyer", t.buyers_cart), about=t.buyers_cart
        ),
        ("reservations_commit", "a reservation"): lambda t: on(t.reservation),
        ("reservations_release", "a reservation"): lambda t: on(t.reservation),
        ("seller_products_list", "the seller's product"): lambda t: on(shows=t.item.product),
        ("seller_products_create", ""): lambda t: on(body=t.new_product()),
        ("seller_products_create", "in the seller's name"): lambda t: on(
            body={**t.product_body(), "seller": t.person("seller").id}
        ),
        ("seller_products_retrieve", "the seller's product"): lambda t: on(t.item.product),
        ("seller_products_update", "the seller's product"): lambda t: on(t.item.product, body=t.product_body()),
        ("seller_products_partial_update", "the seller's product"): lambda t: on(t.item.product, body={"title": "New"}),
        ("seller_products_archive", "the seller's product"): lambda t: on(t.item.product),
        ("seller_products_publish", "the seller's product"): lambda t: on(t.draft),
        ("seller_products_unpublish", "the seller's product"): lambda t: on(t.item.product),
        ("seller_variants_list", "the seller's variant"): lambda t: on(shows=t.item.variant),
        ("seller_variants_create", "the seller's product"): lambda t: on(
            body={"product": t.item.product, "sku": new_id(), "title": "Two", "price_amount": 5}, about=t.item.product
        ),
        ("seller_variants_retrieve", "the seller's variant"): lambda t: on(t.item.variant),
        ("seller_variants_update", "the seller's variant"): lambda t: on(
            t.item.variant, body={"sku": new_id(), "title": "Two", "price_amount": 5}
        ),
        ("seller_variants_partial_update", "the seller's variant"): lambda t: on(
            t.item.variant, body={"price_amount": 5}
        ),
        ("seller_variants_archive", "the seller's variant"): lambda t: on(t.item.variant),
        ("seller_movements_list", "the seller's variant"): lambda t: on(t.item.variant),
        ("seller_movements_create", "the seller's variant"): lambda t: on(
            t.item.variant, body={"delta": 1, "reason": "receipt"}
        ),
    },
    "orders": {
        **_ORDERS,
        **_kept_by("orders"),
        ("audit_orders_list", "the buyer's order"): lambda t: on(shows=t.order["id"]),
        ("reconcile_orders_retrieve", "the buyer's order"): lambda t: on(t.order["id"]),
        ("reconcile_orders_restore", "a forgotten order"): lambda t: on(new_id(), body=t.forgotten_order()),
        ("addresses_get", "the buyer's address"): lambda t: on(t.address),
        ("addresses_replace", "the buyer's address"): lambda t: on(t.address, body={**ADDRESS, "city": "Lyon"}),
        ("addresses_change", "the buyer's address"): lambda t: on(t.address, body={"city": "Lyon"}),
        ("addresses_remove", "the buyer's address"): lambda t: on(t.address),
        ("orders_get", "the buyer's order"): lambda t: on(t.order["id"]),
        ("orders_get", "a pending order"): lambda t: on(t.pending_order["id"]),
        ("orders_get", "a rejected order"): lambda t: on(t.rejected_order["id"]),
        ("orders_place", ""): lambda t: on(new_id(), body=t.placement()),
        ("orders_place", "to another's address"): lambda t: on(
            new_id(), body=t.placement(t.others_address), about=t.others_address
        ),
        ("orders_confirm", "a pending order"): lambda t: on(t.pending_order["id"]),
        ("orders_reject", "a pending order"): lambda t: on(t.pending_order["id"]),
        ("sales_get", "the seller's sale"): lambda t: on(t.sale_of(t.order)),
        ("sales_get", "a sale of a pending order"): lambda t: on(t.sale_of(t.pending_order)),
        ("sales_deliveries_list", "the seller's sale"): lambda t: on(t.shipped[0], shows=t.shipped[1]),
    },
    "payment": {
        **_kept_by("payment"),
        ("audit_payments_list", "the buyer's payment"): lambda t: on(shows=t.payment),
        ("reconcile_payments_restore", "a forgotten payment"): lambda t: on(new_id(), body=t.forgotten_payment()),
        ("reconcile_payments_restore_refunds", "the buyer's payment"): lambda t: on(t.payment),
        ("audit_provider_payments_list", "the buyer's payment"): lambda t: on(shows=t.payment),
        ("payments_list", "the buyer's payment"): lambda t: on(shows=t.payment),
        ("payments_retrieve", "the buyer's payment"): lambda t: on(t.payment),
        ("payments_retrieve", "one called off before it came"): lambda t: on(t.cancelled_payment),
        ("payments_pay", ""): lambda t: on(new_id(), body=t.payment_body()),
        ("payments_cancel", "the buyer's payment"): lambda t: on(t.payment),
        ("refunds_retrieve", "the buyer's refund"): lambda t: on(t.refund),
        ("refunds_refund", "the buyer's payment"): lambda t: on(new_id(), body=t.refund_body(), about=t.payment),
        ("sandbox_intents_list", "the buyer's payment"): lambda t: on(shows=t.payment),
    },
    "aggregator": {
        **_ACCOUNTS,
        **_CATALOGUE,
        **_ORDERS,
        ("auth_token", ""): lambda t: on(body=credentials(t)),
        ("carts_create", ""): open_cart,
        ("cart_lines_update", "an anonymous cart"): lambda t: on(t.anonymous_cart, t.item.variant, body=TWO),
        ("cart_lines_update", "the buyer's cart"): lambda t: on(t.buyers_cart, t.item.variant, body=TWO),
        ("cart_lines_destroy", "an anonymous cart"): lambda t: on(t.anonymous_cart, t.item.variant),
        ("cart_lines_destroy", "the buyer's cart"): lambda t: on(t.buyers_cart, t.item.variant),
        ("addresses_retrieve", "the buyer's address"): lambda t: on(t.address),
        ("addresses_partial_update", "the buyer's address"): lambda t: on(t.address, body={"city": "Lyon"}),
        ("addresses_destroy", "the buyer's address"): lambda t: on(t.address),
        ("checkouts_create", "an anonymous cart"): lambda t: t.checkout_of(t.anonymous_cart),
        ("checkouts_create", "the buyer's cart"): lambda t: t.checkout_of(t.buyers_cart),
        ("checkouts_retrieve", "the buyer's checkout"): lambda t: on(t.checkout),
        ("checkouts_cancel", "the buyer's checkout"): lambda t: on(t.declined_checkout),
        ("orders_retrieve", "the buyer's order"): lambda t: on(t.order["id"]),
        ("orders_retrieve", "a pending order"): lambda t: on(t.pending_order["id"]),
        ("orders_retrieve", "a rejected order"): lambda t: on(t.rejected_order["id"]),
        ("status_retrieve", ""): lambda t: on(shows="payment"),
    },
}
