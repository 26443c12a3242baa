"""Orders, the part of each seller in them, and their lines. All amounts are minor units of the order's currency."""

from django.db import models
from django.db.models import F, Q

from chassis.ids import uuid7
from chassis.money import Money
from orders.states import OrderState, SellerOrderState

MAX_QUANTITY = 999


class Order(models.Model):
    """What a buyer bought in one checkout, from any number of sellers. Its id is given by the checkout.

    A tombstone is an order called off before it arrived: rejected, without buyer, address and lines. It keeps the id
    from ever being used.

    A trigger (migration 0002) holds, at commit, that an order has lines, that they sum to `items_amount`, and those of
    each seller to their part's total.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # NULL in tombstones, like buyer and address.
    reference = models.CharField(max_length=12, unique=True, null=True)  # noqa: DJ001
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.PENDING)
    buyer = models.UUIDField(null=True)
    buyer_email = models.EmailField(max_length=254, help_text="Where the order's mails go.")
    buyer_language = models.CharField(max_length=5)
    shipping_address = models.JSONField(null=True, help_text="The address as it was when the order was placed.")
    currency = models.CharField(max_length=3)
    items_amount = models.BigIntegerField()
    shipping_amount = models.BigIntegerField(default=0)
    total_amount = models.BigIntegerField()
    # Digest of what the checkout sent: the same again is a repetition, anything else a mistake.
    content_fingerprint = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(items_amount__gte=0, shipping_amount__gte=0), name="order_amounts_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("items_amount") + F("shipping_amount")), name="order_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(
                    buyer__isnull=False,
                    reference__isnull=False,
                    shipping_address__isnull=False,
                    buyer_email__gt="",
                    content_fingerprint__gt="",
                )
                | Q(
                    state=OrderState.REJECTED,
                    buyer__isnull=True,
                    reference__isnull=True,
                    shipping_address__isnull=True,
                    buyer_email="",
                    content_fingerprint="",
                    total_amount=0,
                ),
                name="order_without_buyer_is_tombstone",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, state__in=[OrderState.PENDING, OrderState.REJECTED])
                | Q(confirmed_at__isnull=False, state__in=[OrderState.CONFIRMED, OrderState.CANCELLED]),
                name="order_confirmed_at_matches_state",
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "-created_at", "-id"], name="order_of_buyer"),
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
        ]

    def __str__(self) -> str:
        return self.reference or f"called off: {self.pk}"

    @property
    def items_total(self) -> Money:
        return Money(self.items_amount, self.currency)

    @property
    def shipping_total(self) -> Money:
        return Money(self.shipping_amount, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.total_amount, self.currency)


class SellerOrder(models.Model):
    """One seller's part of an order: what they call a sale."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="seller_orders")
    seller = models.UUIDField()
    state = models.CharField(max_length=16, choices=SellerOrderState.choices, default=SellerOrderState.TO_PREPARE)
    total_amount = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "seller"], name="seller_order_once_per_seller"),
            models.CheckConstraint(condition=Q(state__in=SellerOrderState.values), name="seller_order_state_known"),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="seller_order_total_not_negative"),
        ]
        indexes = [models.Index(fields=["seller", "-created_at", "-id"], name="seller_order_of_seller")]

    def __str__(self) -> str:
        return f"{self.order} / {self.seller}"

    @property
    def total(self) -> Money:
        return Money(self.total_amount, self.order.currency)


class OrderLine(models.Model):
    """A variant that was bought, with its title and price of that moment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seller_order = models.ForeignKey(SellerOrder, on_delete=models.PROTECT, related_name="lines")
    variant = models.UUIDField()
    product = models.UUIDField()
    title = models.CharField(max_length=500)
    sku = models.CharField(max_length=128, blank=True)
    quantity = models.PositiveIntegerField()
    unit_amount = models.BigIntegerField()
    line_amount = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["seller_order", "variant"], name="order_line_once_per_variant"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="order_line_quantity_in_range"
            ),
            models.CheckConstraint(condition=Q(unit_amount__gte=0), name="order_line_price_not_negative"),
            models.CheckConstraint(
                condition=Q(line_amount=F("quantity") * F("unit_amount")), name="order_line_amount_is_product"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_amount, self.seller_order.order.currency)

    @property
    def line_total(self) -> Money:
        return Money(self.line_amount, self.seller_order.order.currency)
