"""Input fields that let no card number in."""

from typing import Any

from rest_framework import serializers

from payments.card_numbers import refuse_card_numbers


class CardFreeText(serializers.CharField):
    """Text that holds no card number."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            # A card number sent as a JSON number is named as what it is.
            refuse_card_numbers(str(data))
            self.fail("invalid")
        refuse_card_numbers(data)
        return super().to_internal_value(data)
