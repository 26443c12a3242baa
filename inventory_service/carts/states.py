from django.db import models


class CartState(models.TextChoices):
    """Whether a cart may be edited, is held by a checkout, or was bought."""

    OPEN = "open"
    IN_CHECKOUT = "in_checkout"
    CLOSED = "closed"


TRANSITIONS = {
    CartState.OPEN: {CartState.IN_CHECKOUT},
    CartState.IN_CHECKOUT: {CartState.OPEN, CartState.CLOSED},
}


class LineStatus(models.TextChoices):
    """What a buyer should know of a line before checking out; the gravest of what applies."""

    OK = "ok"
    PRICE_CHANGED = "price_changed"
    INSUFFICIENT_STOCK = "insufficient_stock"
    UNAVAILABLE = "unavailable"
