from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from chassis.fields import MoneySerializer
from sandbox.models import SandboxIntent


class IntentFilterSerializer(serializers.Serializer[object]):
    payment = serializers.UUIDField(required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Succeeded",
            value={
                "reference": "pi_sandbox_5d1f0c7e9b3a4e5f8a7b6c5d4e3f2a1b",
                "payment": "01939c5e-7e20-7b5a-8f7e-0d4f6a1c2b3d",
                "status": "succeeded",
                "amount": {"amount": 4598, "currency": "EUR"},
                "refunded": {"amount": 0, "currency": "EUR"},
                "payment_method": "pm_card_visa",
                "decline_code": None,
                "created_at": "2026-11-22T15:04:05.150000Z",
                "succeeded_at": "2026-11-22T15:04:05.200000Z",
                "canceled_at": None,
            },
            response_only=True,
        )
    ]
)
class SandboxIntentSerializer(serializers.ModelSerializer[SandboxIntent]):
    """What the embedded provider's book says of one payment."""

    amount = MoneySerializer(source="money", read_only=True)
    refunded = MoneySerializer(read_only=True)

    class Meta:
        model = SandboxIntent
        fields = (
            "reference",
            "payment",
            "status",
            "amount",
            "refunded",
            "payment_method",
            "decline_code",
            "created_at",
            "succeeded_at",
            "canceled_at",
        )
        read_only_fields = fields
