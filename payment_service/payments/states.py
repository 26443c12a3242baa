from django.db import models


class PaymentState(models.TextChoices):
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RefundState(models.TextChoices):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


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
