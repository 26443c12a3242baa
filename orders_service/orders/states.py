from django.db import models


class OrderState(models.TextChoices):
    """An order is pending while its checkout is undecided; then it is confirmed, or rejected as if it never was."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class SellerOrderState(models.TextChoices):
    """How far one seller is with their part of an order."""

    TO_PREPARE = "to_prepare"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


ORDER_TRANSITIONS = {
    OrderState.PENDING: {OrderState.CONFIRMED, OrderState.REJECTED},
    OrderState.CONFIRMED: {OrderState.CANCELLED},
}

SELLER_ORDER_TRANSITIONS = {
    SellerOrderState.TO_PREPARE: {
        SellerOrderState.PARTLY_SHIPPED,
        SellerOrderState.SHIPPED,
        SellerOrderState.CANCELLED,
    },
    SellerOrderState.PARTLY_SHIPPED: {SellerOrderState.SHIPPED},
    SellerOrderState.SHIPPED: {SellerOrderState.DELIVERED},
}

SOLD_STATES = (OrderState.CONFIRMED, OrderState.CANCELLED)
"""States of orders that were paid for, and that their sellers see."""
