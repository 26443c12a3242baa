"""Serializer fields that every service uses."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chassis.money import MAX_AMOUNT, Money


class IdField(serializers.UUIDField):
    """A UUID as text. DRF's own field also takes a JSON number, or true, for the id of that value."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class MetadataField(serializers.DictField):
    """A small JSON object of the caller's own, kept as it came and never looked into."""

    MAX_BYTES = 262_144
    """A refusal that names each of a hundred lines fits well."""

    default_error_messages = {
        "too_large": _("This takes more than 256 kB."),
        "null_character": _("Null characters are not allowed."),
    }

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        written = json.dumps(value)
        if len(written) > self.MAX_BYTES:
            self.fail("too_large")
        if "\\u0000" in written:  # PostgreSQL stores none
            self.fail("null_character")
        return value


class CurrencyField(serializers.CharField):
    """The marketplace's currency; no other is accepted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=3, max_length=3, help_text="ISO 4217 code.", **kwargs)

    def run_validators(self, value: Any) -> None:
        super().run_validators(value)
        if value != settings.CURRENCY:
            raise serializers.ValidationError(
                _("This marketplace sells in {currency} only.").format(currency=settings.CURRENCY),
                code="wrong_currency",
            )


@extend_schema_serializer(component_name="Money")
class MoneySerializer(serializers.Serializer[Money]):
    """`{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency."""

    amount = serializers.IntegerField(min_value=0, max_value=MAX_AMOUNT, help_text="In minor units: 1999 is 19.99.")
    currency = CurrencyField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("amount"), bool | float):
            raise serializers.ValidationError({"amount": [_("A valid integer is required.")]}, code="invalid")
        value = super().to_internal_value(data)
        return Money(**value)

    def to_representation(self, instance: Money) -> dict[str, Any]:
        return instance.as_json()
