from django.db import models


class IntentStatus(models.TextChoices):
    """Stripe's words for the statuses of a PaymentIntent that this provider knows."""

    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"  # declined: no other method is ever tried
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class ProviderRefundStatus(models.TextChoices):
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class EventType(models.TextChoices):
    CREATED = "payment_intent.created"
    REQUIRES_ACTION = "payment_intent.requires_action"
    SUCCEEDED = "payment_intent.succeeded"
    DECLINED = "payment_intent.payment_failed"
    CANCELED = "payment_intent.canceled"
    REFUNDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    # Acted out by the methods that fail on purpose:
    CONFIRM_UNAVAILABLE = "confirm.unavailable"
    CONFIRM_ANSWER_LOST = "confirm.answer_lost"
    REFUND_UNAVAILABLE = "refund.unavailable"
    REFUND_ANSWER_LOST = "refund.answer_lost"


INTENT_TRANSITIONS: dict[IntentStatus, frozenset[IntentStatus]] = {
    IntentStatus.REQUIRES_CONFIRMATION: frozenset(
        {
            IntentStatus.REQUIRES_ACTION,
            IntentStatus.REQUIRES_PAYMENT_METHOD,
            IntentStatus.SUCCEEDED,
            IntentStatus.CANCELED,
        }
    ),
    IntentStatus.REQUIRES_ACTION: frozenset({IntentStatus.CANCELED}),
}
