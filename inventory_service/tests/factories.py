"""Makes what tests start from, by the services themselves."""

import itertools
import uuid

from carts import services as carts
from carts.models import Cart
from catalogue import services as catalogue
from catalogue.models import Category, Product, Variant
from catalogue.states import ProductState
from stock import services as stock
from stock.models import Reservation, StockLevel

_numbers = itertools.count(1)


def make_category(slug: str = "mugs", *, parent: Category | None = None) -> Category:
    category, _created = Category.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "parent": parent})
    category.refresh_from_db()
    return category


def make_product(
    *,
    seller: uuid.UUID | None = None,
    title: str = "Stoneware mug",
    description: str = "",
    state: str = ProductState.PUBLISHED,
    category: Category | None = None,
) -> Product:
    return catalogue.create_product(
        seller=seller or uuid.uuid4(),
        category=category or make_category(),
        title=title,
        description=description,
        state=state,
    )


def make_variant(
    *, product: Product | None = None, stock_of: int = 10, price: int = 2490, title: str = "Blue"
) -> Variant:
    product = product or make_product()
    variant = catalogue.create_variant(
        product_id=product.pk, sku=f"SKU-{next(_numbers)}", title=title, price_amount=price
    )
    if stock_of:
        stock.record_movement(variant_id=variant.pk, delta=stock_of, reason="receipt", actor=product.seller)
    return variant


def make_cart(*lines: tuple[Variant, int], account: uuid.UUID | None = None) -> Cart:
    cart, _created = carts.open_cart(account=account)
    for variant, quantity in lines:
        cart = carts.put_line(cart_id=cart.pk, account=account, variant_id=variant.pk, quantity=quantity)
    return cart


def reserve(cart: Cart, *, reservation_id: uuid.UUID | None = None, buyer: uuid.UUID | None = None) -> Reservation:
    reservation, _created = stock.reserve(
        reservation_id=reservation_id or uuid.uuid4(),
        cart_id=cart.pk,
        cart_version=cart.version,
        buyer=buyer or cart.account or uuid.uuid4(),
    )
    return reservation


def level_of(variant: Variant) -> tuple[int, int]:
    """Return what is on hand of a variant, and what is reserved."""
    level = StockLevel.objects.get(pk=variant.pk)
    return level.on_hand, level.reserved
