"""What is read of carts."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from carts.errors import CartNotFoundError
from carts.models import Cart, CartLine
from carts.states import CartState, LineStatus
from catalogue.models import media_url
from catalogue.selectors import first_image_of
from catalogue.states import ProductState
from chassis.money import Money, total


@dataclass(frozen=True, slots=True)
class CartLineView:
    """A line with what its variant is now."""

    variant: uuid.UUID
    product: uuid.UUID
    slug: str
    title: str
    variant_title: str
    sku: str
    seller: uuid.UUID
    image: str | None
    quantity: int
    unit_price: Money
    price_when_added: Money
    line_total: Money
    available: int
    status: LineStatus


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as its buyer sees it, at the prices of now."""

    id: uuid.UUID
    state: str
    version: int
    currency: str
    account: uuid.UUID | None
    lines: Sequence[CartLineView]
    total: Money


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
    cart = Cart.objects.filter(pk=cart_id).first()
    if cart is None or not (any_account or cart.account in {None, account}):
        raise CartNotFoundError()
    return cart


def view_of(cart: Cart) -> CartView:
    """Join a cart's lines with price and stock; one query."""
    rows = (
        CartLine.objects.filter(cart=cart)
        .order_by("id")
        .values("quantity", "price_when_added", "variant_id", **_COLUMNS, image_file=first_image_of("variant__product"))
    )
    lines = [_line(cart, row) for row in rows]
    return CartView(
        id=cart.id,
        state=cart.state,
        version=cart.version,
        currency=cart.currency,
        account=cart.account,
        lines=lines,
        total=total([line.line_total for line in lines], cart.currency),
    )


def _line(cart: Cart, row: Mapping[str, Any]) -> CartLineView:
    # What a cart's own checkout holds back is there for it.
    held = row["quantity"] if cart.state == CartState.IN_CHECKOUT else 0
    available = row["on_hand"] - row["reserved"] + held
    unit_price = Money(row["price"], cart.currency)
    if row["archived_at"] is not None or row["product_state"] != ProductState.PUBLISHED:
        status, available = LineStatus.UNAVAILABLE, 0
    elif cart.state != CartState.CLOSED and available < row["quantity"]:
        status = LineStatus.INSUFFICIENT_STOCK
    elif row["price"] != row["price_when_added"]:
        status = LineStatus.PRICE_CHANGED
    else:
        status = LineStatus.OK
    return CartLineView(
        variant=row["variant_id"],
        product=row["product"],
        slug=row["slug"],
        title=row["title"],
        variant_title=row["variant_title"],
        sku=row["sku"],
        seller=row["seller"],
        image=media_url(row["image_file"]) if row["image_file"] else None,
        quantity=row["quantity"],
        unit_price=unit_price,
        price_when_added=Money(row["price_when_added"], cart.currency),
        line_total=unit_price * row["quantity"],
        available=available,
        status=status,
    )
