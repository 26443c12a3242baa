"""Money: an integer of minor units (cents) with its ISO 4217 currency; never a float."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

MAX_AMOUNT = 10**12
"""Upper bound of any amount on the wire, in minor units: far above every sale, far below what a bigint sum holds."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency. Arithmetic across currencies raises `ValueError`."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount * quantity, self.currency)

    def __str__(self) -> str:
        sign, cents = "-" if self.amount < 0 else "", abs(self.amount)
        return f"{sign}{cents // 100}.{cents % 100:02d} {self.currency}"

    def as_json(self) -> dict[str, Any]:
        return {"amount": self.amount, "currency": self.currency}

    def _check(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def total(amounts: "list[Money]", currency: str) -> Money:
    """Sum amounts of one currency; an empty list is zero of it."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result


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
