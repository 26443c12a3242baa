"""Payments and what was given back of them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from chassis.money import Money
from payments.states import PAYMENT_TRANSITIONS, PaymentState, RefundState


class Payment(models.Model):
    """Money asked of a buyer for an order, once; its id is made by the caller.

    A tombstone is a payment that was called off before it arrived: cancelled, without an order or an amount.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.UUIDField(null=True)
    buyer = models.UUIDField(null=True, help_text="Account id.")
    amount = models.BigIntegerField(null=True, help_text="Minor units.")
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(  # noqa: DJ001 - null is "never named", in tombstones
        max_length=100, null=True, help_text="The provider's token for it; never a card number."
    )
    state = models.CharField(max_length=20, choices=PaymentState.choices)
    provider = models.CharField(max_length=20, blank=True)
    # Written before the intent is confirmed: no money can be taken under a name that we don't know.
    provider_reference = models.CharField(max_length=255, blank=True)
    decline_code = models.CharField(max_length=50, null=True)  # noqa: DJ001 - null in answers too
    refunded_amount = models.BigIntegerField(
        default=0, help_text="Minor units given back, or held for refunds that are under way."
    )
    created_at = models.DateTimeField(db_default=Now())
    captured_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state_known"),
            models.CheckConstraint(
                condition=Q(
                    order__isnull=False,
                    buyer__isnull=False,
                    amount__isnull=False,
                    amount__gt=0,
                    payment_method__isnull=False,
                )
                | Q(
                    state=PaymentState.CANCELLED,
                    order__isnull=True,
                    buyer__isnull=True,
                    amount__isnull=True,
                    payment_method__isnull=True,
                    provider_reference="",
                    decline_code__isnull=True,
                ),
                name="payment_whole_or_tombstone",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount=0)
                | Q(refunded_amount__gt=0, refunded_amount__lte=F("amount"), state=PaymentState.CAPTURED),
                name="payment_refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=Q(state=PaymentState.CAPTURED, captured_at__isnull=False)
                | (~Q(state=PaymentState.CAPTURED) & Q(captured_at__isnull=True)),
                name="payment_captured_at_iff_captured",
            ),
            models.CheckConstraint(
                condition=Q(state=PaymentState.DECLINED, decline_code__isnull=False)
                | Q(state=PaymentState.CANCELLED)
                | (~Q(state__in=[PaymentState.DECLINED, PaymentState.CANCELLED]) & Q(decline_code__isnull=True)),
                name="payment_decline_code_when_declined",
            ),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.CAPTURED) | ~Q(provider_reference=""),
                name="payment_captured_under_a_reference",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=[PaymentState.PROCESSING, PaymentState.REQUIRES_ACTION, PaymentState.CAPTURED]),
                name="payment_one_live_per_order",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_reference_once",
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="payment_order"),
            models.Index(fields=["buyer", "-created_at", "-id"], name="payment_buyer_newest"),
            models.Index(fields=["-created_at", "-id"], name="payment_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=[PaymentState.PROCESSING, PaymentState.REQUIRES_ACTION]),
                name="payment_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    @property
    def is_tombstone(self) -> bool:
        return self.order is None

    @property
    def is_decided(self) -> bool:
        return self.state not in PAYMENT_TRANSITIONS

    @property
    def money(self) -> Money | None:
        """What is asked of the buyer; None for a tombstone."""
        return None if self.amount is None else Money(self.amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)

    @property
    def refundable(self) -> Money:
        """What can still be given back."""
        captured = self.amount if self.state == PaymentState.CAPTURED and self.amount else 0
        return Money(captured - self.refunded_amount, self.currency)


class Refund(models.Model):
    """Money of a payment given back to its buyer; its id is made by the caller.

    Its amount is held in the payment's `refunded_amount` from its creation, and let go if the provider fails it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField(help_text="Minor units of the payment's currency.")
    state = models.CharField(max_length=20, choices=RefundState.choices)
    reason = models.CharField(max_length=200, blank=True)
    provider_reference = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(state=RefundState.PENDING, settled_at__isnull=True)
                | (~Q(state=RefundState.PENDING) & Q(settled_at__isnull=False)),
                name="refund_settled_at_iff_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state=RefundState.PENDING), name="refund_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.payment.currency)
