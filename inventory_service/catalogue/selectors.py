"""What is read of the catalogue."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat, JSONObject
from orjson import Fragment

from catalogue.models import SEARCH_CONFIG, Category, Product, ProductImage, Variant, media_url
from catalogue.states import ProductState
from chassis.hot_reads import Rows, given, hot_read, json_array
from chassis.keyset import page_of
from chassis.statements import field_of

ORDERINGS = {
    "newest": ("-created_at", "-id"),
    "price": ("price_from", "id"),
    "-price": ("-price_from", "-id"),
    "name": ("title", "id"),
}

NOWHERE = "/"
"""No category's path begins so."""

SUMMARY_COLUMNS = ("id", "slug", "title", "seller", "category__slug", "price_from", "created_at")


def first_image_of(product: str) -> Subquery:
    """The file that stands for a product in lists; `product` names its id in the outer query."""
    return Subquery(
        ProductImage.objects.filter(product=OuterRef(product)).order_by("position", "id").values("file")[:1]
    )


def public_products(
    *,
    search: Any = "",
    category_path: Any = "",
    seller: Any = None,
    min_price: Any = None,
    max_price: Any = None,
    in_stock: bool | None = None,
) -> Rows:
    """Return rows of the products that everybody sees; with `category_path`, of what lies below that category.

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
    if category_path:
        products = products.filter(category__path__startswith=category_path)
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
    rows: Rows = products.values(*SUMMARY_COLUMNS, in_stock=has_stock, image_file=first_image_of("pk"))
    return rows


@hot_read()
def public_product_rows(*, ordering: Sequence[str], position: Sequence[Any] | None) -> Rows:
    """A page of all `public_products`."""
    return page_of(public_products(), ordering=ordering, position=position)


@hot_read(prepared=False)
def narrowed_product_rows(
    *, ordering: Sequence[str], position: Sequence[Any] | None, in_stock: bool | None = None, **filters: Any
) -> Rows:
    """A page of those `public_products` that somebody looks for."""
    return page_of(public_products(in_stock=in_stock, **filters), ordering=ordering, position=position)


@hot_read()
def category_path(*, slug: Any) -> Rows:
    """Where a category lies in the tree."""
    return Category.objects.filter(slug=slug).values("path")


def public_filters(
    *,
    search: str = "",
    category: str = "",
    seller: uuid.UUID | None = None,
    min_price: int | None = None,
    max_price: int | None = None,
    in_stock: bool | None = None,
) -> dict[str, Any]:
    """Return what `narrowed_product_rows` is narrowed by; `category` is a slug, and prices are minor units."""
    filters: dict[str, Any] = {} if in_stock is None else {"in_stock": in_stock}
    if category:
        found = category_path(slug=given(category, field_of(Category, "slug")))
        filters["category_path"] = given(found[0]["path"] if found else NOWHERE, field_of(Category, "path"))
    if search:
        filters["search"] = given(search, field_of(Product, "description"))
    if seller is not None:
        filters["seller"] = given(seller, field_of(Product, "seller"))
    for name, price in (("min_price", min_price), ("max_price", max_price)):
        if price is not None:
            filters[name] = given(price, field_of(Product, "price_from"))
    return filters


def product_summaries(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn rows of `public_products` into what `ProductSummarySerializer` shows of them."""
    currency = settings.CURRENCY
    return [
        {
            "id": row["id"],
            "slug": row["slug"],
            "title": row["title"],
            "seller": row["seller"],
            "category": row["category__slug"],
            "price": {"amount": row["price_from"], "currency": currency},
            "in_stock": row["in_stock"],
            "image": media_url(row["image_file"]) if row["image_file"] else None,
        }
        for row in rows
    ]


@hot_read()
def public_product_row(*, by: str, key: Any) -> Rows:
    """A product as `ProductDetailSerializer` shows it, its lists put together by the database."""
    images = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "id")
    variants = Variant.objects.live().filter(product=OuterRef("pk")).order_by("position", "id")
    image = JSONObject(url=Concat(Value(settings.MEDIA_URL), "file"), alt="alt")
    variant = JSONObject(
        id="id",
        sku="sku",
        title="title",
        options="options",
        price=JSONObject(amount="price_amount", currency="currency"),
        available=F("stock_level__on_hand") - F("stock_level__reserved"),
    )
    products = Product.objects.visible().filter(**{by: key})
    rows: Rows = products.values(
        *("id", "slug", "title", "description", "seller", "category__slug", "created_at"),
        images_shown=json_array(images.values_list(image)),
        variants_shown=json_array(variants.values_list(variant)),
    )
    return rows


def public_product(*, key: str) -> dict[str, Any] | None:
    """Return what everybody sees of a product by its id or slug, as its serializer shows it; one query."""
    by, value = _by_key(key)
    rows = public_product_row(by=by, key=given(value, field_of(Product, by)))
    if not rows:
        return None
    row = rows[0]
    return {
        "id": row["id"],
        "slug": row["slug"],
        "title": row["title"],
        "description": row["description"],
        "seller": row["seller"],
        "category": row["category__slug"],
        "images": Fragment(row["images_shown"]),
        "variants": Fragment(row["variants_shown"]),
        "created_at": row["created_at"],
    }


def _by_key(key: str) -> tuple[str, Any]:
    if len(key) == 36:
        try:
            return "id", uuid.UUID(key)
        except ValueError:
            pass
    return "slug", key


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
