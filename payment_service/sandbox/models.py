"""The book of the embedded provider, kept as a real one would keep its own: apart from the payments table.

It lies in the same database, but is written in transactions of its own that are committed before the provider answers.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from chassis.money import Money
from sandbox.states import EventType, IntentStatus, ProviderRefundStatus


def new_intent_reference() -> str:
    return f"pi_sandbox_{uuid.uuid4().hex}"


def new_refund_reference() -> str:
    return f"re_sandbox_{uuid.uuid4().hex}"


class SandboxIntent(models.Model):
    """Money that may be taken once; decided once."""

    reference = models.CharField(max_length=60, primary_key=True, default=new_intent_reference, editable=False)
    payment = models.UUIDField(unique=True, help_text="The client's id of the payment: its idempotency key.")
    amount = models.BigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=100)
    metadata = models.JSONField(default=dict)
    status = models.CharField(max_length=30, choices=IntentStatus.choices)
    decline_code = models.CharField(max_length=50, null=True)  # noqa: DJ001 - null in answers too
    refunded_amount = models.BigIntegerField(default=0, help_text="Minor units.")
    created_at = models.DateTimeField(db_default=Now())
    succeeded_at = models.DateTimeField(null=True)
    canceled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "intent"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=IntentStatus.values), name="sandbox_intent_status_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_intent_amount_positive"),
            models.CheckConstraint(
                condition=Q(status=IntentStatus.SUCCEEDED, succeeded_at__isnull=False)
                | (~Q(status=IntentStatus.SUCCEEDED) & Q(succeeded_at__isnull=True)),
                name="sandbox_intent_succeeded_at_iff_succeeded",
            ),
            models.CheckConstraint(
                condition=Q(status=IntentStatus.CANCELED, canceled_at__isnull=False)
                | (~Q(status=IntentStatus.CANCELED) & Q(canceled_at__isnull=True)),
                name="sandbox_intent_canceled_at_iff_canceled",
            ),
            models.CheckConstraint(
                condition=Q(status=IntentStatus.REQUIRES_PAYMENT_METHOD, decline_code__isnull=False)
                | (~Q(status=IntentStatus.REQUIRES_PAYMENT_METHOD) & Q(decline_code__isnull=True)),
                name="sandbox_intent_decline_code_iff_declined",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount=0)
                | Q(refunded_amount__gt=0, refunded_amount__lte=F("amount"), status=IntentStatus.SUCCEEDED),
                name="sandbox_intent_refunded_within_amount",
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-reference"], name="sandbox_intent_newest")]

    def __str__(self) -> str:
        return self.reference

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)


class SandboxRefund(models.Model):
    """Money of an intent given back, or not; decided when it is asked for."""

    reference = models.CharField(max_length=60, primary_key=True, default=new_refund_reference, editable=False)
    refund = models.UUIDField(unique=True, help_text="The client's id of the refund: its idempotency key.")
    intent = models.ForeignKey(SandboxIntent, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField(help_text="Minor units of the intent's currency.")
    status = models.CharField(max_length=20, choices=ProviderRefundStatus.choices)
    failure_code = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "refund"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ProviderRefundStatus.values), name="sandbox_refund_status_known"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_refund_amount_positive"),
        ]

    def __str__(self) -> str:
        return self.reference


class SandboxEvent(models.Model):
    """A line of the book: what happened to an intent, and the money it moved. Lines are only ever added."""

    intent = models.ForeignKey(SandboxIntent, on_delete=models.PROTECT, related_name="events")
    refund = models.ForeignKey(SandboxRefund, on_delete=models.PROTECT, null=True, related_name="events")
    type = models.CharField(max_length=40, choices=EventType.choices)
    moved_amount = models.BigIntegerField(
        default=0, help_text="Minor units: positive when taken from the buyer, negative when given back."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "event"
        constraints = [
            models.CheckConstraint(condition=Q(type__in=EventType.values), name="sandbox_event_type_known"),
            models.CheckConstraint(
                condition=Q(type=EventType.SUCCEEDED, moved_amount__gt=0)
                | Q(type=EventType.REFUNDED, moved_amount__lt=0, refund__isnull=False)
                | (~Q(type__in=[EventType.SUCCEEDED, EventType.REFUNDED]) & Q(moved_amount=0)),
                name="sandbox_event_moves_what_it_says",
            ),
            models.UniqueConstraint(
                fields=["intent"],
                condition=Q(type__in=[EventType.SUCCEEDED, EventType.DECLINED, EventType.CANCELED]),
                name="sandbox_intent_decided_once",
            ),
            models.UniqueConstraint(
                fields=["refund"],
                condition=Q(type__in=[EventType.REFUNDED, EventType.REFUND_FAILED]),
                name="sandbox_refund_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.intent_id}"
