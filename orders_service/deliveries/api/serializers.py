from rest_framework import serializers

from deliveries.models import Delivery


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A parcel; only carrier and tracking number are the seller's to say."""

    tracking_url = serializers.URLField(
        read_only=True, allow_null=True, help_text="The carrier's page about the parcel; null for unknown carriers."
    )

    class Meta:
        model = Delivery
        fields = ("id", "carrier", "tracking_number", "tracking_url", "status", "shipped_at")
        read_only_fields = ("status", "shipped_at")
