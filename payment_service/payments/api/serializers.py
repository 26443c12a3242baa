from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from chassis.fields import IdField
from chassis.money import Money, MoneySerializer
from payments.api.fields import CardFreeText
from payments.models import Payment, Refund

PAYMENT_EXAMPLE = {
    "id": "01939c5e-7e20-7b5a-8f7e-0d4f6a1c2b3d",
    "order": "01939c5e-7d11-7c3b-9a55-6b0f4e2d1c0a",
    "buyer": "01939b00-1111-7222-8333-444455556666",
    "state": "captured",
    "amount": {"amount": 4598, "currency": "EUR"},
    "refunded": {"amount": 0, "currency": "EUR"},
    "decline_code": None,
    "payment_method": "pm_card_visa",
    "created_at": "2026-11-22T15:04:05.123456Z",
    "captured_at": "2026-11-22T15:04:05.234567Z",
}

REFUND_EXAMPLE = {
    "id": "01939d70-0a1b-7c2d-8e3f-405162738495",
    "payment": PAYMENT_EXAMPLE["id"],
    "amount": {"amount": 1000, "currency": "EUR"},
    "state": "succeeded",
    "reason": "One item arrived broken.",
}


def more_than_nothing(money: Money) -> None:
    if money.amount == 0:
        raise serializers.ValidationError(_("More than zero is required."), code="min_value")


@extend_schema_serializer(
    examples=[
        OpenApiExample("Captured", value=PAYMENT_EXAMPLE, response_only=True),
        OpenApiExample(
            "Declined",
            value={**PAYMENT_EXAMPLE, "state": "declined", "decline_code": "insufficient_funds", "captured_at": None},
            response_only=True,
        ),
    ]
)
class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """A payment. One that was called off before it arrived has no order, buyer, amount or payment method."""

    amount = MoneySerializer(source="money", allow_null=True, read_only=True)
    refunded = MoneySerializer(read_only=True, help_text="Given back, or held for refunds under way.")

    class Meta:
        model = Payment
        fields = (
            "id",
            "order",
            "buyer",
            "state",
            "amount",
            "refunded",
            "decline_code",
            "payment_method",
            "created_at",
            "captured_at",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Pay by card",
            value={name: PAYMENT_EXAMPLE[name] for name in ("order", "buyer", "amount", "payment_method")},
            request_only=True,
        )
    ]
)
class PaySerializer(serializers.Serializer[Payment]):
    """What is asked of whom, and for which order."""

    order = IdField()
    buyer = IdField(help_text="Account id.")
    amount = MoneySerializer(source="money", validators=[more_than_nothing])
    payment_method = CardFreeText(max_length=100, help_text="The provider's token for it; never a card number.")


@extend_schema_serializer(examples=[OpenApiExample("Succeeded", value=REFUND_EXAMPLE, response_only=True)])
class RefundSerializer(serializers.ModelSerializer[Refund]):
    """A refund; one that is pending will be settled without being asked again."""

    payment = serializers.UUIDField(source="payment_id", read_only=True)
    amount = MoneySerializer(source="money", read_only=True)

    class Meta:
        model = Refund
        fields = ("id", "payment", "amount", "state", "reason")
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Part of a payment",
            value={name: REFUND_EXAMPLE[name] for name in ("payment", "amount", "reason")},
            request_only=True,
        )
    ]
)
class RefundPaymentSerializer(serializers.Serializer[Refund]):
    """What is given back, and why."""

    payment = IdField(source="payment_id")
    amount = MoneySerializer(source="money", validators=[more_than_nothing])
    reason = CardFreeText(max_length=200, allow_blank=True)
