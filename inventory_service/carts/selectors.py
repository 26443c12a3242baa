"""What is read of carts."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from carts.errors import CartNotFoundError
from carts.models import Cart, CartLine
from carts.states import CartState, LineStatus
from catalogue.models import Variant, media_url
from catalogue.selectors import first_image_of
from catalogue.states import ProductState
from chassis.hot_reads import Rows, given, hot_read
from chassis.statements import row

_COLUMNS = {
    "product": F("variant__product"),
    "slug": F("variant__product__slug"),
    "title": F("variant__product__title"),
    "product_state": F("variant__product__state"),
    "variant_title": F("variant__title"),
    "sku": F("variant__sku"),
    "seller": F("variant__seller"),
    "price": F("variant__price_amount"),
    "archived_at": F("variant__archived_at"),
    "on_hand": F("variant__stock_level__on_hand"),
    "reserved": F("variant__stock_level__reserved"),
}


def cart_for(*, cart_id: uuid.UUID, account: uuid.UUID | None, any_account: bool = False) -> Cart:
    """Return an anonymous cart, or the account's own; with `any_account` anybody's. Raises `CartNotFoundError`."""
    cart = row(Cart, pk=cart_id)
    if cart is None or not (any_account or cart.account in {None, account}):
        raise CartNotFoundError()
    return cart


@hot_read()
def _line_rows(*, cart: Any) -> Rows:
    """A cart's lines with what their variants are now."""
    lines = CartLine.objects.filter(cart=cart).order_by("id")
    return lines.values(
        "quantity", "price_when_added", "variant_id", **_COLUMNS, image_file=first_image_of("variant__product")
    )


def cart_shown(cart: Cart, *, is_new: bool = False) -> dict[str, Any]:
    """Return a cart as its buyer sees it, at the prices and with the stock of now, as `CartSerializer` tells it.

    One query; none for a new cart, which is empty.
    """
    rows = [] if is_new else _line_rows(cart=given(cart.pk, Cart._meta.pk))
    lines = [_line_shown(cart, row) for row in rows]
    return {
        "id": cart.id,
        "state": cart.state,
        "version": cart.version,
        "currency": cart.currency,
        "account": cart.account,
        "lines": lines,
        "total": {"amount": sum(line["line_total"]["amount"] for line in lines), "currency": cart.currency},
    }


def _line_shown(cart: Cart, row: Mapping[str, Any]) -> dict[str, Any]:
    currency, price, quantity = cart.currency, row["price"], row["quantity"]
    # What a cart's own checkout holds back is there for it.
    held = quantity if cart.state == CartState.IN_CHECKOUT else 0
    available = row["on_hand"] - row["reserved"] + held
    if row["archived_at"] is not None or row["product_state"] != ProductState.PUBLISHED:
        status, available = LineStatus.UNAVAILABLE, 0
    elif cart.state != CartState.CLOSED and available < quantity:
        status = LineStatus.INSUFFICIENT_STOCK
    elif price != row["price_when_added"]:
        status = LineStatus.PRICE_CHANGED
    else:
        status = LineStatus.OK
    return {
        "variant": row["variant_id"],
        "product": row["product"],
        "slug": row["slug"],
        "title": row["title"],
        "variant_title": row["variant_title"],
        "sku": row["sku"],
        "seller": row["seller"],
        "image": media_url(row["image_file"]) if row["image_file"] else None,
        "quantity": quantity,
        "unit_price": {"amount": price, "currency": currency},
        "price_when_added": {"amount": row["price_when_added"], "currency": currency},
        "line_total": {"amount": price * quantity, "currency": currency},
        "available": available,
        "status": status,
    }


@hot_read()
def _offer_rows(*, cart: Any, variant: Any, currency: Any) -> Rows:
    """A variant as one that may be put into a cart, with the line it has there, and how many lines there are."""
    line = CartLine.objects.filter(cart=cart, variant=OuterRef("pk"))
    count = CartLine.objects.filter(cart=cart).order_by().values("cart").annotate(count=Count("pk")).values("count")
    return (
        Variant.objects.buyable()
        .filter(pk=variant, currency=currency)
        .values(
            "price_amount",
            quantity=Subquery(line.values("quantity")),
            price_when_added=Subquery(line.values("price_when_added")),
            lines=Coalesce(Subquery(count), 0),
        )
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant's price of now, and what a cart holds of it already: nothing where `quantity` is None."""

    price_amount: int
    quantity: int | None
    price_when_added: int | None
    lines: int


def offer_for(cart: Cart, *, variant_id: uuid.UUID) -> Offer | None:
    """Return what putting a variant into a cart needs to know; None for one that cannot be bought. One query."""
    key = Variant._meta.pk
    rows = _offer_rows(
        cart=given(cart.pk, Cart._meta.pk),
        variant=given(variant_id, key),
        currency=given(cart.currency, Variant._meta.get_field("currency")),
    )
    return Offer(**rows[0]) if rows else None
