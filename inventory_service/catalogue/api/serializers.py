from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalogue.api.permissions import managed_seller
from catalogue.models import MAX_PRICE, Category, Product, ProductImage, Variant, media_url
from catalogue.states import ProductState
from chassis.fields import IdField, MoneySerializer
from chassis.money import Money

MAX_OPTIONS = 10
INITIAL_STATES = [(state.value, state.label) for state in (ProductState.DRAFT, ProductState.PUBLISHED)]

EUR = {"amount": 2490, "currency": "EUR"}

_OPTION_TEXT = serializers.CharField(max_length=50)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class OptionsField(serializers.JSONField):
    """What a variant differs by: `{"size": "M", "colour": "blue"}`. An empty form field means none."""

    default_error_messages = {
        "not_an_object": _("An object of names and values is required, all of them text."),
        "too_many": _("A variant has 10 options at most."),
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if getattr(data, "is_json_string", False) and not str(data).strip():
            return {}
        value = super().to_internal_value(data)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            self.fail("not_an_object")
        if len(value) > MAX_OPTIONS:
            self.fail("too_many")
        return {_OPTION_TEXT.run_validation(name): _OPTION_TEXT.run_validation(text) for name, text in value.items()}


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category; a department has no parent."""

    class Meta:
        model = Category
        fields = ("id", "name", "slug", "parent")


@extend_schema_serializer(many=False)
class CategoryListSerializer(serializers.Serializer[Any]):
    """The whole tree in one answer, parents before their children."""

    results = CategorySerializer(many=True)


class ProductSummarySerializer(serializers.Serializer[Any]):
    """A product in a list."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    seller = serializers.UUIDField()
    category = serializers.CharField()
    price = MoneySerializer(help_text="Of the cheapest variant.")
    in_stock = serializers.BooleanField()
    image = serializers.URLField(allow_null=True)


class ProductImageSerializer(serializers.ModelSerializer[ProductImage]):
    url = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ("url", "alt")

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, image: ProductImage) -> str:
        return media_url(str(image.file))


class VariantSerializer(serializers.ModelSerializer[Variant]):
    options = OptionsField()
    price = MoneySerializer()
    available = serializers.IntegerField(source="stock_level.available", help_text="Pieces that can be bought now.")

    class Meta:
        model = Variant
        fields = ("id", "sku", "title", "options", "price", "available")


class ProductDetailSerializer(serializers.ModelSerializer[Product]):
    category = serializers.CharField(source="category.slug")
    images = ProductImageSerializer(many=True)
    variants = VariantSerializer(source="live_variants", many=True)

    class Meta:
        model = Product
        fields = ("id", "slug", "title", "description", "seller", "category", "images", "variants", "created_at")


class ManagedProductSerializer(serializers.ModelSerializer[Product]):
    """A product as its seller manages it."""

    category = serializers.CharField(source="category.slug")
    price_from = serializers.SerializerMethodField(help_text="Of the cheapest live variant; null without one.")

    class Meta:
        model = Product
        fields = ("id", "slug", "seller", "category", "title", "description", "state", "price_from", "created_at")

    @extend_schema_field(MoneySerializer(allow_null=True))
    def get_price_from(self, product: Product) -> dict[str, Any] | None:
        return None if product.price_from is None else Money(product.price_from, settings.CURRENCY).as_json()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A draft",
            value={"category": "mugs", "title": "Stoneware mug", "description": "Thrown by hand.", "state": "draft"},
            request_only=True,
        )
    ]
)
class NewProductSerializer(serializers.ModelSerializer[Product]):
    """A product to be added."""

    seller = IdField(
        required=False, help_text="Whose product it is; an admin must say, a seller's products are their own."
    )
    category = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all())
    state = serializers.ChoiceField(choices=INITIAL_STATES, default=ProductState.DRAFT)

    class Meta:
        model = Product
        fields = ("category", "title", "description", "state", "seller")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        own = managed_seller(self.context["request"])
        if own is None and "seller" not in attrs:
            raise serializers.ValidationError({"seller": [_("Say whose product it is.")]}, code="required")
        if own is not None and attrs.setdefault("seller", own) != own:
            raise serializers.ValidationError({"seller": [_("A seller's products are their own.")]}, code="not_own")
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("A new title", value={"title": "Tall mug"}, request_only=True)])
class ProductChangeSerializer(serializers.ModelSerializer[Product]):
    """What may change of a product; its state changes by `publish` and `unpublish`."""

    category = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all())

    class Meta:
        model = Product
        fields = ("category", "title", "description")


class OwnProductField(serializers.PrimaryKeyRelatedField[Product]):
    """A product that the caller manages; others' do not exist."""

    def get_queryset(self) -> Any:
        products = Product.objects.only("id", "title")
        seller = managed_seller(self.context["request"])
        return products if seller is None else products.of_seller(seller)


class PriceField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=1,
            max_value=MAX_PRICE,
            help_text="Including VAT, in minor units of the marketplace's currency: 1999 is 19.99.",
            **kwargs,
        )


_VARIANT = {"sku": "MUG-BLU", "title": "Blue", "options": {"colour": "blue"}, "price_amount": 1999}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A blue one", value={"product": "01936b1c-0000-7000-8000-000000000001", **_VARIANT}, request_only=True
        )
    ]
)
class ManagedVariantSerializer(serializers.ModelSerializer[Variant]):
    """A variant as its seller manages it. The price is two flat fields, which an HTML form can show."""

    product = OwnProductField(pk_field=IdField())
    options = OptionsField(default=dict, initial=dict)
    price_amount = PriceField()
    position = serializers.IntegerField(
        required=False, min_value=0, max_value=30_000, help_text="Order within the product; last if not given."
    )
    on_hand = serializers.IntegerField(source="stock_level.on_hand", read_only=True)
    reserved = serializers.IntegerField(
        source="stock_level.reserved", read_only=True, help_text="Held for checkouts; part of what is on hand."
    )

    class Meta:
        model = Variant
        fields = (
            "id",
            "product",
            "sku",
            "title",
            "options",
            "price_amount",
            "currency",
            "position",
            "on_hand",
            "reserved",
            "archived_at",
            "created_at",
        )
        read_only_fields = ("currency", "archived_at", "created_at")
        # The database decides whether an SKU is taken: looking first could be overtaken.
        validators: list[Any] = []


@extend_schema_serializer(examples=[OpenApiExample("A new price", value={"price_amount": 1799}, request_only=True)])
class VariantChangeSerializer(serializers.ModelSerializer[Variant]):
    """What may change of a variant; its stock changes by movements."""

    options = OptionsField(required=False)
    price_amount = PriceField()
    position = serializers.IntegerField(required=False, min_value=0, max_value=30_000)

    class Meta:
        model = Variant
        fields = ("sku", "title", "options", "price_amount", "position")
        validators: list[Any] = []
