"""The reads: who sees which payments, and which are left undecided."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Now

from chassis.hot_reads import Rows, hot_read
from chassis.identity.models import User
from chassis.keyset import page_of
from payments.models import Payment, Refund
from payments.states import UNDECIDED, RefundState

CHARGE_SCOPE = "payments.charge"

SHOWN_COLUMNS = (
    *("id", "order", "buyer", "state", "amount", "currency", "refunded_amount", "decline_code", "payment_method"),
    *("created_at", "captured_at"),
)

STUCK_AFTER = timedelta(minutes=10)
"""Past every time-out and retry of the caller that started it."""


def sees_all_payments(user: User) -> bool:
    """Whether they are an admin or a charging service; who is not sees their own. Tombstones have no buyer."""
    return user.is_staff or user.has_scope(CHARGE_SCOPE)


def payments_visible_to(user: User) -> QuerySet[Payment]:
    return Payment.objects.all() if sees_all_payments(user) else Payment.objects.filter(buyer=user.pk)


@hot_read()
def payment_rows(*, buyer: Any, orders: Any, ordering: Sequence[str], position: Sequence[Any] | None) -> Rows:
    """Everybody's payments or those of `buyer`, all or those of `orders`, as `payments_shown` takes them."""
    payments = Payment.objects.all() if buyer is None else Payment.objects.filter(buyer=buyer)
    narrowed = payments if orders is None else payments.filter(order__in=orders)
    return page_of(narrowed.values(*SHOWN_COLUMNS), ordering=ordering, position=position)


def payments_shown(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn rows into what `PaymentSerializer` tells of them."""
    return [
        {
            "id": row["id"],
            "order": row["order"],
            "buyer": row["buyer"],
            "state": row["state"],
            "amount": None if row["amount"] is None else {"amount": row["amount"], "currency": row["currency"]},
            "refunded": {"amount": row["refunded_amount"], "currency": row["currency"]},
            "decline_code": row["decline_code"],
            "payment_method": row["payment_method"],
            "created_at": row["created_at"],
            "captured_at": row["captured_at"],
        }
        for row in rows
    ]


def refunds_visible_to(user: User) -> QuerySet[Refund]:
    refunds = Refund.objects.select_related("payment")
    if sees_all_payments(user):
        return refunds
    return refunds.filter(payment__buyer=user.pk)


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
