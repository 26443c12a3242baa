from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from sellers.models import SellerProfile
from sellers.selectors import MAX_PROFILES


class SellerSerializer(serializers.ModelSerializer[SellerProfile]):
    id = serializers.UUIDField(source="pk", read_only=True, help_text="The seller's account.")

    class Meta:
        model = SellerProfile
        fields = ("id", "name", "slug")
        read_only_fields = fields


@extend_schema_serializer(many=False)
class SellersSerializer(serializers.Serializer[dict[str, Any]]):
    results = SellerSerializer(many=True)


class SellersQuerySerializer(serializers.Serializer[dict[str, Any]]):
    id = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MAX_PROFILES,
        required=False,
        help_text="Sellers to show; repeatable, at most 100. Without it: the first 100 by name.",
    )
