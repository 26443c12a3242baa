"""The query parameters of lists, checked like any other input."""

from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request

from catalogue.states import ProductState
from chassis.money import MAX_AMOUNT
from chassis.shapes import parsed


class ProductOrdering(models.TextChoices):
    NEWEST = "newest"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NAME = "name"


class ProductFilters(serializers.Serializer[Any]):
    """Of the public list."""

    search = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text='Words; "a phrase"; `or`; `-not`.'
    )
    category = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="Slug; what lies below the category is included."
    )
    seller = serializers.UUIDField(required=False, help_text="The seller's account id.")
    min_price = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_AMOUNT, help_text="Lowest price at least, in minor units."
    )
    max_price = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_AMOUNT, help_text="Lowest price at most, in minor units."
    )
    in_stock = serializers.BooleanField(
        required=False, help_text="`true`: with a variant in stock; `false`: without one."
    )
    ordering = serializers.ChoiceField(
        choices=ProductOrdering.choices, required=False, help_text="`newest` unless said otherwise."
    )


class ManagedProductFilters(serializers.Serializer[Any]):
    """Of a seller's own list."""

    state = serializers.ChoiceField(
        choices=ProductState.choices, required=False, help_text="Without it all but the archived ones are listed."
    )


def checked(filters: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the valid parameters of a request. Raises `ValidationError` for a value that is not."""
    # A plain dict: in an HTML form an absent boolean would mean false.
    return parsed(filters, request.query_params.dict())
