"""Serializer fields that every service uses."""

from typing import Any

from rest_framework import serializers


class IdField(serializers.UUIDField):
    """A UUID as text. DRF's own field also takes a JSON number, or true, for the id of that value."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)
