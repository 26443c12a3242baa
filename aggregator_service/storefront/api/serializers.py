"""The public API's shapes. They describe what the services answer; what is sent in is validated by its owner."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chassis.fields import MoneySerializer
from storefront.api import examples

Shape = serializers.Serializer[Any]

CART_STATES = ["open", "in_checkout", "closed"]
LINE_STATUSES = ["ok", "price_changed", "insufficient_stock", "unavailable"]
ORDER_STATES = ["pending", "confirmed", "rejected", "cancelled"]
SALE_STATES = ["to_prepare", "partly_shipped", "shipped", "delivered", "cancelled"]


class AccountInputSerializer(Shape):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(min_length=10, max_length=128, write_only=True)
    full_name = serializers.CharField(max_length=150)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class RegisteredSerializer(Shape):
    email = serializers.EmailField()


class VerificationSerializer(Shape):
    token = serializers.CharField(max_length=200, help_text="From the link in the verification mail.")
    password = serializers.CharField(
        required=False, max_length=128, write_only=True, help_text="For an account whose mail asks to choose one."
    )


class CredentialsSerializer(Shape):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, write_only=True)


class RefreshSerializer(Shape):
    refresh = serializers.CharField()


class TokensSerializer(Shape):
    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until `access` expires.")
    token_type = serializers.CharField()


@extend_schema_serializer(examples=examples.answer("A buyer", examples.ACCOUNT))
class AccountSerializer(Shape):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    language = serializers.CharField()
    email_verified = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class CategorySerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment] # a field of that name, not of a tree


@extend_schema_serializer(many=False, examples=examples.answer("Two levels", examples.CATEGORIES))
class CategoriesSerializer(Shape):
    results = CategorySerializer(many=True)


class SellerSerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True, help_text="Null when the sellers' names are out of reach.")


class ProductSummarySerializer(Shape):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    seller = SellerSerializer()
    category = serializers.CharField(help_text="The category's slug.")
    price = MoneySerializer(help_text="Of the cheapest variant, VAT included.")
    in_stock = serializers.BooleanField()
    image = serializers.URLField(allow_null=True)


# What every page of a list has beside its results. A docstring would describe each of them in the spec.
class PageSerializer(Shape):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class DegradedField(serializers.ListField):
    """Names the parts of an answer that could not be had; empty when it is whole."""

    child = serializers.CharField()


@extend_schema_serializer(many=False, examples=examples.answer("First page", examples.PRODUCT_PAGE))
class ProductPageSerializer(PageSerializer):
    results = ProductSummarySerializer(many=True)
    degraded = DegradedField(help_text="Parts of this answer that could not be had.")


class ImageSerializer(Shape):
    url = serializers.URLField()
    alt = serializers.CharField()


class VariantSerializer(Shape):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    price = MoneySerializer()
    available = serializers.IntegerField(help_text="How many can be bought now.")


@extend_schema_serializer(examples=examples.answer("A mug", examples.PRODUCT))
class ProductSerializer(Shape):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    seller = SellerSerializer()
    category = serializers.CharField()
    images = ImageSerializer(many=True)
    variants = VariantSerializer(many=True)
    created_at = serializers.DateTimeField()
    degraded = DegradedField(help_text="Parts of this answer that could not be had.")


class ProductQuerySerializer(Shape):
    """Filters of the catalogue."""

    search = serializers.CharField(required=False, max_length=200, help_text="Words in title or description.")
    category = serializers.SlugField(required=False, help_text="A category's slug; its descendants count.")
    seller = serializers.UUIDField(required=False)
    min_price = serializers.IntegerField(required=False, min_value=0, max_value=10**12, help_text="In minor units.")
    max_price = serializers.IntegerField(required=False, min_value=0, max_value=10**12, help_text="In minor units.")
    in_stock = serializers.BooleanField(required=False, allow_null=True, default=None)
    ordering = serializers.ChoiceField(required=False, choices=["newest", "price", "-price", "name"])
    cursor = serializers.CharField(required=False, max_length=1000, help_text="From `next` or `previous`.")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100)


class PageQuerySerializer(Shape):
    cursor = serializers.CharField(required=False, max_length=1000, help_text="From `next` or `previous`.")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100)


class CartLineSerializer(Shape):
    variant = serializers.UUIDField()
    product = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    variant_title = serializers.CharField()
    sku = serializers.CharField()
    seller = serializers.UUIDField()
    image = serializers.URLField(allow_null=True)
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    price_when_added = MoneySerializer()
    line_total = MoneySerializer()
    available = serializers.IntegerField()
    status = serializers.ChoiceField(choices=LINE_STATUSES)


class NewCartSerializer(Shape):
    """Nothing needs to be said to open a cart."""


@extend_schema_serializer(examples=examples.answer("Two mugs", examples.CART))
class CartSerializer(Shape):
    id = serializers.UUIDField(help_text="Whoever knows an anonymous cart's id may use it.")
    state = serializers.ChoiceField(choices=CART_STATES)
    version = serializers.IntegerField()
    currency = serializers.CharField()
    account = serializers.UUIDField(allow_null=True)
    lines = CartLineSerializer(many=True)
    total = MoneySerializer()


class QuantitySerializer(Shape):
    quantity = serializers.IntegerField(min_value=1, max_value=999)


class AddressInputSerializer(Shape):
    full_name = serializers.CharField(max_length=150)
    company = serializers.CharField(max_length=150, required=False, allow_blank=True)
    line1 = serializers.CharField(max_length=200)
    line2 = serializers.CharField(max_length=200, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=20)
    city = serializers.CharField(max_length=100)
    region = serializers.CharField(max_length=100, required=False, allow_blank=True)
    country = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2 code.")
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)


class PostalAddressSerializer(Shape):
    full_name = serializers.CharField()
    company = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    postal_code = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.CharField()


@extend_schema_serializer(examples=examples.answer("At home", examples.ADDRESS))
class AddressSerializer(PostalAddressSerializer):
    id = serializers.UUIDField()


@extend_schema_serializer(many=False, examples=examples.answer("One address", examples.ADDRESS_PAGE))
class AddressPageSerializer(PageSerializer):
    results = AddressSerializer(many=True)


class OrderLineSerializer(Shape):
    variant = serializers.UUIDField()
    product = serializers.UUIDField()
    title = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    line_total = MoneySerializer()


class DeliverySerializer(Shape):
    id = serializers.UUIDField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.URLField(allow_null=True)
    status = serializers.CharField()
    shipped_at = serializers.DateTimeField()


class SellerOrderSerializer(Shape):
    id = serializers.UUIDField()
    seller = serializers.UUIDField()
    state = serializers.ChoiceField(choices=SALE_STATES)
    total = MoneySerializer()
    lines = OrderLineSerializer(many=True)
    deliveries = DeliverySerializer(many=True)


class PaymentSerializer(Shape):
    id = serializers.UUIDField()
    state = serializers.CharField()
    amount = MoneySerializer()
    refunded = MoneySerializer()
    captured_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="Order")
class OrderSerializer(Shape):
    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people quote.")
    state = serializers.ChoiceField(choices=ORDER_STATES)
    buyer = serializers.UUIDField()
    shipping_address = PostalAddressSerializer()
    items_total = MoneySerializer()
    shipping_total = MoneySerializer()
    total = MoneySerializer()
    seller_orders = SellerOrderSerializer(many=True)
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    payment = PaymentSerializer(allow_null=True)


@extend_schema_serializer(component_name="OrderDetail", examples=examples.answer("Shipped", examples.ORDER_DETAIL))
class OrderDetailSerializer(OrderSerializer):
    degraded = DegradedField(help_text="Parts of this answer that could not be had.")


@extend_schema_serializer(many=False, examples=examples.answer("One order", examples.ORDER_PAGE))
class OrderPageSerializer(PageSerializer):
    results = OrderSerializer(many=True)
    degraded = DegradedField(help_text="Parts of this answer that could not be had.")


class SaleSerializer(Shape):
    id = serializers.UUIDField()
    order_reference = serializers.CharField()
    state = serializers.ChoiceField(choices=SALE_STATES)
    total = MoneySerializer()
    shipping_address = PostalAddressSerializer()
    lines = OrderLineSerializer(many=True)
    deliveries = DeliverySerializer(many=True)
    created_at = serializers.DateTimeField()


@extend_schema_serializer(many=False, examples=examples.answer("One sale", examples.SALE_PAGE))
class SalePageSerializer(PageSerializer):
    results = SaleSerializer(many=True)


class DeliveryInputSerializer(Shape):
    carrier = serializers.CharField(max_length=50)
    tracking_number = serializers.CharField(max_length=64)
