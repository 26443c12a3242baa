from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers


class PublishedKeySerializer(serializers.Serializer[dict[str, Any]]):
    """A public key as RFC 7517 writes it."""

    kty = serializers.CharField()
    kid = serializers.CharField()
    alg = serializers.CharField()
    use = serializers.CharField()
    n = serializers.CharField(help_text="Modulus, URL-safe base64.")
    e = serializers.CharField(help_text="Exponent, URL-safe base64.")


@extend_schema_serializer(many=False)
class KeySetSerializer(serializers.Serializer[dict[str, Any]]):
    keys = PublishedKeySerializer(many=True)
