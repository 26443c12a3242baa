"""The reads: who sees which payments, and which are left undecided."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Now

from chassis.identity.models import User
from payments.models import Payment, Refund
from payments.states import UNDECIDED, RefundState

CHARGE_SCOPE = "payments.charge"

STUCK_AFTER = timedelta(minutes=10)
"""Past every time-out and retry of the caller that started it."""


def payments_visible_to(user: User) -> QuerySet[Payment]:
    """All payments for admins and the charging services, else the buyer's own. Tombstones have no buyer."""
    if user.is_staff or user.has_scope(CHARGE_SCOPE):
        return Payment.objects.all()
    return Payment.objects.filter(buyer=user.pk)


def refunds_visible_to(user: User) -> QuerySet[Refund]:
    refunds = Refund.objects.select_related("payment")
    if user.is_staff or user.has_scope(CHARGE_SCOPE):
        return refunds
    return refunds.filter(payment__buyer=user.pk)


def payments_of_orders(payments: QuerySet[Payment], orders: Sequence[uuid.UUID]) -> QuerySet[Payment]:
    return payments.filter(order__in=orders)


def stuck_payments() -> QuerySet[Payment]:
    """Undecided payments that nobody seems to drive any more and whose intent is known to the provider.

    One without a reference was never confirmed: there is nothing to ask about it.
    """
    return (
        Payment.objects.filter(state__in=UNDECIDED, created_at__lt=Now() - STUCK_AFTER)
        .exclude(provider_reference="")
        .order_by("created_at")
    )


def stuck_refunds() -> QuerySet[Refund]:
    return Refund.objects.filter(state=RefundState.PENDING, created_at__lt=Now() - STUCK_AFTER).order_by("created_at")


def audited_payments() -> QuerySet[Payment]:
    """Every payment, tombstones included, with what refunds under way hold of it."""
    pending = Sum("refunds__amount", filter=Q(refunds__state=RefundState.PENDING))
    return Payment.objects.annotate(pending_amount=Coalesce(pending, 0))
