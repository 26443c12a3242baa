from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from chassis.fields import IdField, MoneySerializer
from chassis.money import Money
from payments.api.fields import CardFreeText
from payments.models import Payment, Refund
from payments.providers import BookEntry

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


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Captured",
            value={
                **{
                    name: value
                    for name, value in PAYMENT_EXAMPLE.items()
                    if name not in {"decline_code", "payment_method"}
                },
                "refunds_pending": {"amount": 0, "currency": "EUR"},
            },
            response_only=True,
        )
    ]
)
class AuditedPaymentSerializer(serializers.ModelSerializer[Payment]):
    """A payment. One that was called off before it arrived has no order, buyer and amount."""

    amount = MoneySerializer(source="money", allow_null=True, read_only=True)
    refunded = MoneySerializer(read_only=True, help_text="Given back, or held for refunds under way.")
    refunds_pending = serializers.SerializerMethodField(help_text="The part of `refunded` that is only held so far.")

    class Meta:
        model = Payment
        fields = (
            "id",
            "order",
            "buyer",
            "state",
            "amount",
            "refunded",
            "refunds_pending",
            "created_at",
            "captured_at",
        )
        read_only_fields = fields

    @extend_schema_field(MoneySerializer)
    def get_refunds_pending(self, payment: Any) -> dict[str, Any]:
        return Money(payment.pending_amount, payment.currency).as_json()


class BookFilterSerializer(serializers.Serializer[Any]):
    """How far back the book is read."""

    created_since = serializers.DateTimeField(required=False, help_text="Only what was created then or later.")
    refunded_since = serializers.DateTimeField(
        required=False, help_text="Only that of which something was given back then or later."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Taken",
            value={
                "reference": "pi_sandbox_5d1f0c7e9b3a4e5f8a7b6c5d4e3f2a1b",
                "payment": PAYMENT_EXAMPLE["id"],
                "taken": {"amount": 4598, "currency": "EUR"},
                "refunded": {"amount": 0, "currency": "EUR"},
                "authorised": {"amount": 0, "currency": "EUR"},
                "created_at": "2026-11-22T15:04:05.150000Z",
            },
            response_only=True,
        )
    ]
)
class BookEntrySerializer(serializers.Serializer[BookEntry]):
    """What the provider's own book says of one payment."""

    reference = serializers.CharField(help_text="The provider's name of it.")
    payment = serializers.UUIDField(source="payment_id")
    taken = MoneySerializer()
    refunded = MoneySerializer()
    authorised = MoneySerializer(help_text="What may still be taken.")
    created_at = serializers.DateTimeField()
