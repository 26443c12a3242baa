"""What sellers and admins do with products and variants.

Each write locks the product first, so that `price_from` is computed by one of them at a time.
"""

import uuid
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.text import slugify

from catalogue.errors import (
    ProductArchivedError,
    ProductNotFoundError,
    SkuTakenError,
    VariantArchivedError,
    VariantNotFoundError,
)
from catalogue.models import MAX_TITLE, MAX_VARIANT_TITLE, Category, Product, Variant
from catalogue.states import TRANSITIONS, ProductState
from chassis.ids import uuid7
from chassis.states import move


@transaction.atomic
def create_product(
    *, seller: uuid.UUID, category: Category, title: str, description: str = "", state: str = ProductState.DRAFT
) -> Product:
    """Create a product, draft or published. It is listed once it is published and has a variant."""
    product = Product(id=uuid7(), seller=seller, category=category, title=title, description=description, state=state)
    base = slugify(title)[:100].strip("-") or "product"
    if _is_uuid(base) or Product.objects.filter(slug=base).exists():
        base = f"{base}-{product.id.hex[-10:]}"
    product.slug = base
    try:
        with transaction.atomic():
            product.save(force_insert=True)
    except IntegrityError:
        # Another product took this slug a moment ago.
        product.slug = f"{base}-{product.id.hex[-10:]}"
        product.save(force_insert=True)
    return product


@transaction.atomic
def update_product(
    *, product_id: uuid.UUID, title: str | None = None, description: str | None = None, category: Category | None = None
) -> Product:
    """Change what is given. The slug stays, so that links to it do. Raises `ProductArchivedError`."""
    product = _lock_product(product_id)
    changes = {"title": title, "description": description, "category": category}
    given = {name: value for name, value in changes.items() if value is not None}
    for name, value in given.items():
        setattr(product, name, value)
    if given:
        product.save(update_fields=list(given))
    return product


@transaction.atomic
def publish_product(*, product_id: uuid.UUID) -> Product:
    """Offer a product to everybody. Raises `ProductArchivedError`."""
    return _move_product(product_id, ProductState.PUBLISHED)


@transaction.atomic
def unpublish_product(*, product_id: uuid.UUID) -> Product:
    """Take a product back to draft; in carts its lines become unavailable. Raises `ProductArchivedError`."""
    return _move_product(product_id, ProductState.DRAFT)


@transaction.atomic
def archive_product(*, product_id: uuid.UUID) -> Product:
    """End a product for good. Reservations of it are still committed."""
    product = _lock_product(product_id, archived_too=True)
    if product.state != ProductState.ARCHIVED:
        move(product, to=ProductState.ARCHIVED, table=TRANSITIONS)
    return product


@transaction.atomic
def create_variant(
    *,
    product_id: uuid.UUID,
    sku: str,
    title: str,
    price_amount: int,
    options: dict[str, str] | None = None,
    position: int | None = None,
) -> Variant:
    """Add a variant, with an empty stock level; `price_amount` in minor units of the marketplace's currency.

    Raises `ProductArchivedError`, `SkuTakenError`.
    """
    product = _lock_product(product_id)
    if position is None:
        highest = product.variants.aggregate(highest=Max("position"))["highest"]
        position = 0 if highest is None else highest + 1
    variant = Variant(
        id=uuid7(),
        product=product,
        seller=product.seller,
        sku=sku,
        title=title,
        options=options or {},
        price_amount=price_amount,
        currency=settings.CURRENCY,
        position=position,
    )
    _save_with_sku(variant, force_insert=True)
    _refresh_price_from(product.pk)
    return variant


class VariantChanges(TypedDict, total=False):
    sku: str
    title: str
    options: dict[str, str]
    price_amount: int
    position: int


@transaction.atomic
def update_variant(*, variant_id: uuid.UUID, **changes: Unpack[VariantChanges]) -> Variant:
    """Change SKU, title, options, price or position. Raises `VariantArchivedError`, `SkuTakenError`.

    Carts show a new price at once; reservations keep the price they were made at.
    """
    variant = _lock_variant(variant_id)
    if variant.archived_at is not None:
        raise VariantArchivedError()
    for name, value in changes.items():
        setattr(variant, name, value)
    if changes:
        _save_with_sku(variant, update_fields=list(changes))
        _refresh_price_from(variant.product_id)
    return variant


@transaction.atomic
def archive_variant(*, variant_id: uuid.UUID) -> Variant:
    """End a variant for good: its SKU is free again, carts show it as unavailable, reservations are still committed."""
    variant = _lock_variant(variant_id)
    if variant.archived_at is None:
        variant.archived_at = timezone.now()
        variant.save(update_fields=["archived_at"])
        _refresh_price_from(variant.product_id)
    return variant


@transaction.atomic
def recall_variant(
    *, variant_id: uuid.UUID, product_id: uuid.UUID, seller: uuid.UUID, title: str, sku: str, price_amount: int
) -> Variant:
    """Return a variant that was bought; one that this database forgot is written down with what its buyer saw of it.

    Its product is a draft where that was forgotten too: its seller completes it, or not. Raises
    `VariantNotFoundError` where no category is left to put it in, or its product is another seller's.
    """
    known = Variant.objects.filter(pk=variant_id).first()
    if known is not None:
        return known
    product = Product.objects.filter(pk=product_id).defer("search").first()
    if product is None:
        category = Category.objects.order_by("path").first()
        if category is None:
            raise VariantNotFoundError()
        product = Product(id=product_id, seller=seller, category=category, title=title[:MAX_TITLE])
        product.slug = f"{slugify(title)[:90].strip('-') or 'product'}-{product_id.hex[-10:]}"
        product.save(force_insert=True)
    if product.seller != seller:
        raise VariantNotFoundError()
    taken = Variant.objects.live().filter(seller=seller, sku=sku).exists()
    variant = Variant.objects.create(
        id=variant_id,
        product=product,
        seller=seller,
        sku=f"{sku[:53]}-{variant_id.hex[-10:]}" if taken else sku,
        title=title.removeprefix(f"{product.title} – ")[-MAX_VARIANT_TITLE:],
        price_amount=price_amount,
        currency=settings.CURRENCY,
    )
    _refresh_price_from(product_id)
    return variant


def _lock_product(product_id: uuid.UUID, *, archived_too: bool = False) -> Product:
    product = (
        Product.objects.select_for_update(no_key=True, of=("self",))
        .select_related("category")
        .defer("search")
        .filter(pk=product_id)
        .first()
    )
    if product is None:
        raise ProductNotFoundError()
    if product.state == ProductState.ARCHIVED and not archived_too:
        raise ProductArchivedError()
    return product


def _lock_variant(variant_id: uuid.UUID) -> Variant:
    """Lock a variant by way of its product, which a variant never leaves."""
    product_id = Variant.objects.filter(pk=variant_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise VariantNotFoundError()
    _lock_product(product_id, archived_too=True)
    return Variant.objects.get(pk=variant_id)


def _move_product(product_id: uuid.UUID, state: ProductState) -> Product:
    product = _lock_product(product_id)
    if product.state != state:
        move(product, to=state, table=TRANSITIONS)
    return product


def _save_with_sku(variant: Variant, **options: Any) -> None:
    try:
        with transaction.atomic():
            variant.save(**options)
    except IntegrityError as exc:
        if "variant_sku_once_per_seller" in str(exc):
            raise SkuTakenError(field="sku") from exc
        raise


def _refresh_price_from(product_id: uuid.UUID) -> None:
    live = Variant.objects.live().filter(product=OuterRef("pk")).order_by().values("product")
    Product.objects.filter(pk=product_id).update(
        price_from=Subquery(live.annotate(lowest=Min("price_amount")).values("lowest"))
    )


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
