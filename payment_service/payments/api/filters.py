import uuid

from rest_framework import serializers
from rest_framework.request import Request

from chassis.fields import IdField
from chassis.shapes import parsed

MAX_ORDERS = 100


class OrderFilterSerializer(serializers.Serializer[object]):
    """`?order=…&order=…`: the payments of these orders."""

    order = serializers.ListField(child=IdField(), max_length=MAX_ORDERS, required=False)


def orders_asked_for(request: Request) -> list[uuid.UUID] | None:
    """Return the orders that the query names, or None. Raises `ValidationError`."""
    named = request.query_params.getlist("order")
    if not named:
        return None
    orders: list[uuid.UUID] = parsed(OrderFilterSerializer, {"order": named})["order"]
    return orders
