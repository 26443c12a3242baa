"""Parts that an answer can do without: added when they can be had, named in `degraded` when not."""

import threading
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gateways import accounts, payments
from gateways.calls import ServiceDownError

NAMES_KEPT_SECONDS = 300.0
NAMES_KEPT_MOST = 10_000

_names: dict[str, tuple[float, str | None]] = {}
_lock = threading.Lock()


def with_seller_names(products: list[dict[str, Any]]) -> list[str]:
    """Replace each product's `seller` id by `{"id", "name"}`; return what is missing.

    Names change seldom: they are remembered for five minutes, and past that as long as nobody can tell the new ones.
    """
    wanted = {product["seller"] for product in products}
    now = time.monotonic()
    stale = sorted(ident for ident in wanted if ident not in _names or _names[ident][0] < now - NAMES_KEPT_SECONDS)
    degraded: list[str] = []
    if stale:
        try:
            profiles = accounts.sellers(ids=[UUID(ident) for ident in stale])
        except ServiceDownError:
            if any(ident not in _names for ident in stale):
                degraded.append("sellers")
        else:
            with _lock:
                if len(_names) > NAMES_KEPT_MOST:
                    _names.clear()
                # Who has no profile is remembered too: nobody asks again for every page that shows their products.
                _names.update(dict.fromkeys(stale, (now, None)))
                _names.update({profile["id"]: (now, profile["name"]) for profile in profiles})
    for product in products:
        ident = product["seller"]
        product["seller"] = {"id": ident, "name": _names[ident][1] if ident in _names else None}
    return degraded


def payment_summary(payment: Mapping[str, Any]) -> dict[str, Any]:
    """What a buyer needs to know of a payment."""
    return {name: payment[name] for name in ("id", "state", "amount", "refunded", "captured_at")}


def with_payments(orders: list[dict[str, Any]], *, headers: dict[str, str]) -> list[str]:
    """Add to each order its payment, or null; return what is missing."""
    found: dict[str, dict[str, Any]] = {}
    degraded: list[str] = []
    if orders:
        try:
            for payment in payments.payments_of(orders=[UUID(order["id"]) for order in orders], headers=headers):
                known = found.get(payment["order"])
                if known is None or payment["state"] == "captured":
                    found[payment["order"]] = payment
        except ServiceDownError:
            degraded.append("payment")
    for order in orders:
        order["payment"] = payment_summary(found[order["id"]]) if order["id"] in found else None
    return degraded
