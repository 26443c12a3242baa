from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentState(models.TextChoices):
    PROCESSING = "processing", _("Processing")
    REQUIRES_ACTION = "requires_action", _("Requires action")
    CAPTURED = "captured", _("Captured")
    DECLINED = "declined", _("Declined")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class RefundState(models.TextChoices):
    PENDING = "pending", _("Pending")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")


_ENDINGS = frozenset({PaymentState.CAPTURED, PaymentState.DECLINED, PaymentState.CANCELLED, PaymentState.EXPIRED})

PAYMENT_TRANSITIONS: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.PROCESSING: _ENDINGS | {PaymentState.REQUIRES_ACTION},
    PaymentState.REQUIRES_ACTION: _ENDINGS,
}

UNDECIDED = tuple(PAYMENT_TRANSITIONS)
"""States in which the provider may still take the money, or may have taken it without our knowing yet."""

REFUND_TRANSITIONS: dict[RefundState, frozenset[RefundState]] = {
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
}
