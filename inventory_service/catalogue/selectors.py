"""What is read of the catalogue."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from catalogue.models import SEARCH_CONFIG, Category, Product, ProductImage, Variant, media_url
from catalogue.states import ProductState
from chassis.money import Money

ORDERINGS = {
    "newest": ("-created_at", "-id"),
    "price": ("price_from", "id"),
    "-price": ("-price_from", "-id"),
    "name": ("title", "id"),
}

SUMMARY_COLUMNS = ("id", "slug", "title", "seller", "category__slug", "price_from", "created_at")


def first_image_of(product: str) -> Subquery:
    """The file that stands for a product in lists; `product` names its id in the outer query."""
    return Subquery(
        ProductImage.objects.filter(product=OuterRef(product)).order_by("position", "id").values("file")[:1]
    )


def public_products(
    *,
    search: str = "",
    category: str = "",
    seller: uuid.UUID | None = None,
    min_price: int | None = None,
    max_price: int | None = None,
    in_stock: bool | None = None,
) -> QuerySet[Product, dict[str, Any]]:
    """Return rows of the products that everybody sees; `category` is a slug and includes what lies below it.

    Prices are minor units and compare with the lowest of a product's live variants.
    """
    in_stock_variants = Variant.objects.live().filter(
        product=OuterRef("pk"), stock_level__on_hand__gt=F("stock_level__reserved")
    )
    # A scalar, looked up for each row of the page: an EXISTS here is answered by hashing the stock of the whole shop.
    has_stock: Any = Coalesce(Subquery(in_stock_variants.order_by().values(found=Value(True))[:1]), False)
    products = Product.objects.visible()
    if search:
        products = products.filter(search=SearchQuery(search, config=SEARCH_CONFIG, search_type="websearch"))
    if category:
        path = Category.objects.filter(slug=category).values_list("path", flat=True).first()
        products = products.filter(category__path__startswith=path) if path else products.none()
    if seller is not None:
        products = products.of_seller(seller)
    if min_price is not None:
        products = products.filter(price_from__gte=min_price)
    if max_price is not None:
        products = products.filter(price_from__lte=max_price)
    if in_stock is not None:
        condition = Exists(in_stock_variants)
        products = products.filter(condition if in_stock else ~condition)
        has_stock = Value(in_stock)
    rows: QuerySet[Product, dict[str, Any]] = products.values(
        *SUMMARY_COLUMNS, in_stock=has_stock, image_file=first_image_of("pk")
    )
    return rows


def product_summaries(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn rows of `public_products` into what lists show."""
    return [
        {
            "id": row["id"],
            "slug": row["slug"],
            "title": row["title"],
            "seller": row["seller"],
            "category": row["category__slug"],
            "price": Money(row["price_from"], settings.CURRENCY),
            "in_stock": row["in_stock"],
            "image": media_url(row["image_file"]) if row["image_file"] else None,
        }
        for row in rows
    ]


def public_product(*, key: str) -> Product | None:
    """Return what everybody sees of a product by its id or slug, with live variants and their stock; three queries."""
    try:
        by_key = {"pk": uuid.UUID(key)} if len(key) == 36 else {"slug": key}
    except ValueError:
        by_key = {"slug": key}
    return (
        Product.objects.visible()
        .select_related("category")
        .defer("search")
        .prefetch_related(
            "images",
            Prefetch("variants", Variant.objects.live().select_related("stock_level"), to_attr="live_variants"),
        )
        .filter(**by_key)
        .first()
    )


def categories() -> QuerySet[Category]:
    """Return the whole tree, parents before their children."""
    return Category.objects.order_by("path")


def managed_products(*, seller: uuid.UUID | None) -> QuerySet[Product]:
    """Return a seller's products in all states, or with None everybody's."""
    products = Product.objects.select_related("category").defer("search")
    return products if seller is None else products.of_seller(seller)


def in_state(products: QuerySet[Product], *, state: str | None = None) -> QuerySet[Product]:
    """Narrow a list to a state; without one, to all that are not archived."""
    return products.filter(state=state) if state else products.exclude(state=ProductState.ARCHIVED)


def managed_variants(*, seller: uuid.UUID | None) -> QuerySet[Variant]:
    """Return a seller's variants with their stock, or with None everybody's; archived ones too."""
    variants = Variant.objects.select_related("stock_level")
    return variants if seller is None else variants.filter(seller=seller)
