"""Carts: what somebody means to buy, from many sellers, in one currency."""

import uuid

from django.db import models
from django.utils import timezone

from carts.states import CartState
from catalogue.models import MAX_PRICE, Variant
from chassis.ids import uuid7

MAX_QUANTITY = 999
MAX_LINES = 100


class Cart(models.Model):
    """A buyer's cart, or an anonymous one, which belongs to whoever knows its id until a buyer checks it out.

    `version` counts the edits: a checkout names the one its buyer saw. `is_current` marks the open cart that a buyer
    is given on every device.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.UUIDField(null=True, editable=False)
    is_current = models.BooleanField(default=False, editable=False)
    state = models.CharField(max_length=12, choices=CartState.choices, default=CartState.OPEN, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    currency = models.CharField(max_length=3, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=CartState.values), name="cart_state_known"),
            models.CheckConstraint(
                condition=models.Q(is_current=False) | models.Q(state="open", account__isnull=False),
                name="cart_current_is_open_and_owned",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open") | models.Q(account__isnull=False), name="cart_checked_out_is_owned"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_current=True), name="cart_one_current_per_account"
            ),
        ]
        indexes = [models.Index(fields=["account"], name="cart_by_account")]

    def __str__(self) -> str:
        return str(self.id)


class CartLine(models.Model):
    """So many of one variant; the price is remembered to tell the buyer when it changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="cart_lines")
    quantity = models.PositiveSmallIntegerField()
    price_when_added = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_line_once_per_variant"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="cart_line_quantity_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(price_when_added__gt=0, price_when_added__lte=MAX_PRICE),
                name="cart_line_price_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
