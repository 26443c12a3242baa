"""What others remember, told to a service whose database was restored: made inside `acting_as(reconciler_token)`."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from auth_client.api.reconcile import reconcile_accounts_restore, reconcile_logins_end, reconcile_logins_retrieve
from auth_client.api.restores import restores_release as auth_restores_release
from gateways.bodies import passed_body
from gateways.calls import service_answer
from inventory_client.api.reconcile import reconcile_reservations_restore
from inventory_client.api.restores import restores_release as inventory_restores_release
from orders_client.api.reconcile import reconcile_orders_restore, reconcile_orders_retrieve
from orders_client.api.restores import restores_release as orders_restores_release
from payment_client.api.reconcile import reconcile_payments_restore, reconcile_payments_restore_refunds
from payment_client.api.refunds import refunds_refund
from payment_client.api.restores import restores_release as payment_restores_release

Json = dict[str, Any]

RELEASES: dict[str, Callable[..., Any]] = {
    "auth": auth_restores_release.sync_detailed,
    "inventory": inventory_restores_release.sync_detailed,
    "orders": orders_restores_release.sync_detailed,
    "payment": payment_restores_release.sync_detailed,
}
MAX_NOTE = 500


def restore_order(*, order_id: UUID, remembered: Json) -> Json:
    body = passed_body(remembered)
    order: Json = service_answer("orders", partial(reconcile_orders_restore.sync_detailed, id=order_id, body=body))
    return order


def correspondent(*, order_id: UUID) -> Json:
    """To whom an order's mails go: `email` and `language`."""
    found: Json = service_answer("orders", partial(reconcile_orders_retrieve.sync_detailed, id=order_id))
    return found


def restore_payment(*, payment_id: UUID, remembered: Json) -> Json:
    body = passed_body(remembered)
    operation = partial(reconcile_payments_restore.sync_detailed, id=payment_id, body=body)
    payment: Json = service_answer("payment", operation)
    return payment


def restore_refunds(*, payment_id: UUID) -> Json:
    """Have what the provider gave back written down again; repeatable, and gives nothing back."""
    payment: Json = service_answer("payment", partial(reconcile_payments_restore_refunds.sync_detailed, id=payment_id))
    return payment


def refund(*, refund_id: UUID, payment: UUID, amount: Json, reason: str) -> Json:
    """Give money back, once however often it is asked."""
    body = passed_body({"payment": str(payment), "amount": amount, "reason": reason})
    refunded: Json = service_answer("payment", partial(refunds_refund.sync_detailed, id=refund_id, body=body))
    return refunded


def restore_reservation(*, reservation_id: UUID, remembered: Json) -> Json:
    body = passed_body(remembered)
    operation = partial(reconcile_reservations_restore.sync_detailed, id=reservation_id, body=body)
    reservation: Json = service_answer("inventory", operation)
    return reservation


def restore_account(*, account_id: UUID, email: str, full_name: str, language: str) -> None:
    body = passed_body({"email": email, "full_name": full_name, "language": language})
    service_answer("auth", partial(reconcile_accounts_restore.sync_detailed, id=account_id, body=body))


def open_logins(*, opened_before: datetime) -> int:
    answer: Json = service_answer("auth", partial(reconcile_logins_retrieve.sync_detailed, opened_before=opened_before))
    return int(answer["open"])


def end_logins(*, opened_before: datetime) -> None:
    body = passed_body({"opened_before": opened_before.isoformat()})
    service_answer("auth", partial(reconcile_logins_end.sync_detailed, body=body))


def release(service: str, *, restore_id: UUID, note: str) -> None:
    """Let a restored service write again; repeatable."""
    body = passed_body({"note": note[:MAX_NOTE]})
    service_answer(service, partial(RELEASES[service], restore_id=restore_id, body=body))
