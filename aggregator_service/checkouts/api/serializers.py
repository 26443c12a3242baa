"""What a checkout takes and gives."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from chassis.fields import IdField, MoneySerializer
from chassis.schema import PROBLEM_REFERENCE
from storefront.api import examples
from storefront.api.serializers import OrderSerializer

CHECKOUT_STATES = ["processing", "completed", "failed"]


class CheckoutInputSerializer(serializers.Serializer[Any]):
    cart = IdField()
    cart_version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="`version` of the cart that the buyer saw: refused with `cart_changed` if it is another by now, and "
        "to be sent again under another Idempotency-Key once the buyer has seen that. Without it, what the cart holds "
        "when this arrives is bought.",
    )
    shipping_address = IdField()
    payment_method = serializers.RegexField(
        r"^[A-Za-z][A-Za-z0-9_]{2,99}$",
        help_text="A token from the payment provider, such as `pm_card_visa`; never a card number.",
    )
    expected_total = MoneySerializer(help_text="What the buyer saw and agreed to pay.")


@extend_schema_field(PROBLEM_REFERENCE)
class ProblemField(serializers.JSONField):
    """A problem as it was answered."""


@extend_schema_serializer(component_name="Checkout", examples=examples.answer("Bought", examples.CHECKOUT))
class CheckoutSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=CHECKOUT_STATES)
    order = OrderSerializer(allow_null=True)
    problem = ProblemField(allow_null=True, help_text="Why it failed: the problem that the checkout was answered with.")
