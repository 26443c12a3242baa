"""Serializer fields that every service uses."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


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
