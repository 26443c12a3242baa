"""Stock: how much there is, how much of it is held for checkouts, and every movement that led there.

Triggers in the migrations keep the ledger true: a level is born empty with its variant, its `on_hand` changes only by
a movement, and a movement never changes.
"""

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from carts.models import MAX_QUANTITY, Cart
from catalogue.models import MAX_PRICE, Product, Variant
from chassis.ids import uuid7
from chassis.money import Money, total
from chassis.statements import rows
from stock.states import MovementReason, ReservationState

MAX_DELTA = 1_000_000


class StockLevel(models.Model):
    """What lies in the seller's warehouse of a variant (`on_hand`), and how much of it is promised (`reserved`)."""

    variant = models.OneToOneField(
        Variant, models.PROTECT, primary_key=True, editable=False, related_name="stock_level"
    )
    on_hand = models.PositiveIntegerField(default=0, editable=False)
    reserved = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0, reserved__lte=models.F("on_hand")),
                name="stock_level_reserved_is_on_hand",
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.on_hand}, {self.reserved} reserved"

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class Reservation(models.Model):
    """What one checkout of a cart holds, under an id of the checkout's choosing.

    One that was called off before it arrived is a tombstone: released, and of no cart.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    cart = models.ForeignKey(Cart, models.PROTECT, null=True, editable=False, related_name="reservations")
    cart_version = models.PositiveIntegerField(null=True, editable=False)
    buyer = models.UUIDField(null=True, editable=False)
    currency = models.CharField(max_length=3, editable=False)
    metadata = models.JSONField(
        null=True, editable=False, help_text="What the checkout wants to be told again, should it forget."
    )
    state = models.CharField(
        max_length=10, choices=ReservationState.choices, default=ReservationState.LIVE, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ReservationState.values), name="reservation_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(cart__isnull=False, cart_version__isnull=False, buyer__isnull=False)
                | models.Q(cart=None, cart_version=None, buyer=None, state="released"),
                name="reservation_without_cart_is_tombstone",
            ),
            models.CheckConstraint(
                condition=models.Q(state="live", finished_at=None)
                | (~models.Q(state="live") & models.Q(finished_at__isnull=False)),
                name="reservation_finished_unless_live",
            ),
            models.UniqueConstraint(
                fields=["cart"], condition=models.Q(state="live"), name="reservation_one_live_per_cart"
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="reservation_newest")]

    def __str__(self) -> str:
        return str(self.id)

    @cached_property
    def contents(self) -> "list[ReservationLine]":
        """Its lines, which never change once they are written, asked for once."""
        return rows(ReservationLine, reservation=self.pk, order_by=("id",))

    @property
    def total(self) -> Money:
        return total([line.line_total for line in self.contents], self.currency)


class ReservationLine(models.Model):
    """What was promised: title, seller and price as they were at that moment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reservation = models.ForeignKey(Reservation, models.PROTECT, editable=False, related_name="lines")
    variant = models.ForeignKey(Variant, models.PROTECT, editable=False, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, editable=False, related_name="+")
    seller = models.UUIDField(editable=False)
    title = models.CharField(max_length=255, editable=False)
    sku = models.CharField("SKU", max_length=64, editable=False)
    quantity = models.PositiveSmallIntegerField(editable=False)
    price_amount = models.BigIntegerField(editable=False)
    currency = models.CharField(max_length=3, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["reservation", "variant"], name="reservation_line_once_per_variant"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="reservation_line_quantity_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(price_amount__gt=0, price_amount__lte=MAX_PRICE),
                name="reservation_line_price_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def unit_price(self) -> Money:
        return Money(self.price_amount, self.currency)

    @property
    def line_total(self) -> Money:
        return self.unit_price * self.quantity


class StockMovement(models.Model):
    """One change of what is on hand. `actor` is who recorded it; a sale is recorded by the platform."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    level = models.ForeignKey(StockLevel, models.PROTECT, editable=False, related_name="movements")
    delta = models.IntegerField(editable=False)
    reason = models.CharField(max_length=10, choices=MovementReason.choices, editable=False)
    reservation = models.ForeignKey(Reservation, models.PROTECT, null=True, editable=False, related_name="movements")
    actor = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reason__in=MovementReason.values), name="stock_movement_reason_known"
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=["receipt", "return"], delta__gt=0)
                | models.Q(reason__in=["loss", "sale"], delta__lt=0)
                | (models.Q(reason="correction") & ~models.Q(delta=0)),
                name="stock_movement_sign_fits_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(reason="sale", reservation__isnull=False)
                | (~models.Q(reason="sale") & models.Q(reservation=None)),
                name="stock_movement_sale_is_of_reservation",
            ),
            models.UniqueConstraint(
                fields=["reservation", "level"],
                condition=models.Q(reason="sale"),
                name="stock_movement_sold_once",
            ),
        ]
        indexes = [models.Index(fields=["level", "-created_at", "-id"], name="stock_movement_of_level")]

    def __str__(self) -> str:
        return f"{self.delta:+} {self.reason}"
