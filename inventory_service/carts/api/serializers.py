from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from carts.models import MAX_QUANTITY
from carts.states import CartState, LineStatus
from chassis.fields import MoneySerializer


class CartLineSerializer(serializers.Serializer[Any]):
    variant = serializers.UUIDField()
    product = serializers.UUIDField()
    slug = serializers.CharField(help_text="Of the product.")
    title = serializers.CharField(help_text="Of the product.")
    variant_title = serializers.CharField()
    sku = serializers.CharField()
    seller = serializers.UUIDField()
    image = serializers.URLField(allow_null=True)
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer(help_text="As it is now.")
    price_when_added = MoneySerializer(help_text="As it was when the quantity was last set.")
    line_total = MoneySerializer(help_text="At the price of now.")
    available = serializers.IntegerField(help_text="Pieces that this cart could get now.")
    status = serializers.ChoiceField(choices=LineStatus.choices)


class CartSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=CartState.choices)
    version = serializers.IntegerField(help_text="Counts the edits; a checkout names it.")
    currency = serializers.CharField()
    account = serializers.UUIDField(allow_null=True, help_text="Whose cart it is; null for an anonymous one.")
    lines = CartLineSerializer(many=True)
    total = MoneySerializer(help_text="Of all lines, without shipping.")


class NewCartSerializer(serializers.Serializer[Any]):
    """Nothing needs to be said to open a cart."""


@extend_schema_serializer(examples=[OpenApiExample("Two pieces", value={"quantity": 2}, request_only=True)])
class CartLineChangeSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
