"""What is offered: a tree of categories, products, and the variants of them that are bought."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalogue.states import ProductState
from chassis.ids import uuid7
from chassis.money import Money

MAX_PRICE = 10_000_000
"""Minor units. A hundred cart lines of 999 pieces at this price still are an amount that every service accepts."""

MAX_TITLE, MAX_VARIANT_TITLE = 150, 100
SEARCH_CONFIG = "english"


class Category(models.Model):
    """A node of the tree. The database computes `path` (`home/kitchen/`) and refuses cycles, by triggers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # Compared byte by byte, so that a subtree is one range of the index.
    path = models.TextField(editable=False, default="", db_collation="C")

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["path"]
        indexes = [models.Index(fields=["path"], name="category_by_path")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.path and self.parent is not None and self.parent.path.startswith(self.path):
            raise ValidationError({"parent": _("A category cannot lie below itself.")}, code="category_cycle")


class ProductQuerySet(models.QuerySet["Product"]):
    def visible(self) -> "ProductQuerySet":
        """What the public sees: published, with a variant that can be bought."""
        return self.filter(state=ProductState.PUBLISHED, price_from__isnull=False)

    def of_seller(self, seller: Any) -> "ProductQuerySet":
        return self.filter(seller=seller)


class Product(models.Model):
    """Something a seller offers, in one or more variants.

    `price_from`, the lowest price of its live variants in minor units, is kept by the services that change variants,
    so that lists filter and order by an index. NULL means that nothing of it can be bought.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seller = models.UUIDField(help_text="The seller's account id.")
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=MAX_TITLE)
    description = models.TextField(blank=True, max_length=20_000)
    state = models.CharField(max_length=10, choices=ProductState.choices, default=ProductState.DRAFT)
    price_from = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config=SEARCH_CONFIG)
        + SearchVector("description", weight="B", config=SEARCH_CONFIG),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ProductState.values), name="product_state_known"),
            models.CheckConstraint(condition=models.Q(price_from__gt=0), name="product_price_from_positive"),
            # What a variant's seller refers to.
            models.UniqueConstraint(fields=["id", "seller"], name="product_has_one_seller"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="product_search"),
            models.Index(fields=["seller", "-created_at", "-id"], name="product_of_seller"),
            # One per order of the public list, of what the public sees.
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(state="published", price_from__isnull=False),
                name="product_visible_newest",
            ),
            models.Index(
                fields=["price_from", "id"],
                condition=models.Q(state="published", price_from__isnull=False),
                name="product_visible_price",
            ),
            models.Index(
                fields=["title", "id"],
                condition=models.Q(state="published", price_from__isnull=False),
                name="product_visible_name",
            ),
            models.Index(
                fields=["category", "-created_at", "-id"],
                condition=models.Q(state="published", price_from__isnull=False),
                name="product_visible_category",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class VariantQuerySet(models.QuerySet["Variant"]):
    def live(self) -> "VariantQuerySet":
        return self.filter(archived_at=None)

    def buyable(self) -> "VariantQuerySet":
        """What may be placed in a cart, whether or not there is stock of it."""
        return self.live().filter(product__state=ProductState.PUBLISHED)


class Variant(models.Model):
    """A product in one size, colour, …: what has a price and stock. Archived, it can no longer be bought."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="variants")
    # The product's, repeated for the constraint on SKUs; a foreign key on (product, seller) keeps it true.
    seller = models.UUIDField(editable=False)
    sku = models.CharField("SKU", max_length=64)
    title = models.CharField(max_length=MAX_VARIANT_TITLE)
    options = models.JSONField(default=dict, blank=True)
    price_amount = models.BigIntegerField(help_text="Including VAT, in minor units: 1999 is 19.99.")
    currency = models.CharField(max_length=3, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_amount__gt=0, price_amount__lte=MAX_PRICE), name="variant_price_in_range"
            ),
            models.CheckConstraint(
                condition=Exact(
                    models.Func(models.F("options"), function="jsonb_typeof", output_field=models.TextField()), "object"
                ),
                name="variant_options_is_object",
            ),
            models.UniqueConstraint(
                fields=["seller", "sku"],
                condition=models.Q(archived_at=None),
                name="variant_sku_once_per_seller",
            ),
        ]
        indexes = [models.Index(fields=["seller", "-created_at", "-id"], name="variant_of_seller")]

    def __str__(self) -> str:
        return f"{self.sku} {self.title}"

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.currency)


class ProductImage(models.Model):
    """A picture of a product; the one with the lowest position stands for it in lists."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    file = models.ImageField(upload_to="products")
    alt = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "position"], name="product_image_one_per_position")]

    def __str__(self) -> str:
        return self.alt or str(self.file)


def media_url(file: str) -> str:
    """Return the address at which an image, named by its path below MEDIA_ROOT, is served."""
    return f"{settings.MEDIA_URL}{file}"
