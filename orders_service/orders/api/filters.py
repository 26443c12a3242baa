from rest_framework import serializers

from orders.states import SellerOrderState


class SaleFilterSerializer(serializers.Serializer[None]):
    """What a list of sales can be narrowed by."""

    state = serializers.ChoiceField(choices=SellerOrderState.choices, required=False)
