from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from addresses.countries import country_choices
from addresses.models import Address


@extend_schema_field({"type": "string", "minLength": 2, "maxLength": 2, "description": "ISO 3166-1 alpha-2 code."})
class CountryField(serializers.ChoiceField):
    """A country's code, in either case; forms offer the names. The spec has a plain string: countries come and go."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=country_choices(), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.upper() if isinstance(data, str) else data)


class AddressSerializer(serializers.ModelSerializer[Address]):
    """An entry of an address book; optional parts are empty strings."""

    country = CountryField()

    class Meta:
        model = Address
        fields: tuple[str, ...] = (
            "id",
            "full_name",
            "company",
            "line1",
            "line2",
            "postal_code",
            "city",
            "region",
            "country",
            "phone",
        )
        extra_kwargs = {name: {"default": ""} for name in ("company", "line2", "region", "phone")}
