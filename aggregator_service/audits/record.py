"""The record of the answers that buyers got: JSON lines, as the service's README defines them."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from audits.errors import UnreadableError
from audits.snapshot import Amount, CheckoutAnswer, OrderShown, Record
from checkouts.saga import ORDER, checkout_id, part_id


def read_record(lines: Iterable[str]) -> Record:
    """Raises `UnreadableError`, which names the line."""
    checkouts, orders = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            if entry["kind"] == "checkout":
                checkouts.append(_checkout(entry))
            elif entry["kind"] == "order_shown":
                orders.append(_order(entry))
            else:
                raise ValueError(f"unknown kind {entry['kind']!r}")
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise UnreadableError("record", f"line {number}: {type(exc).__name__}: {exc}") from exc
    return Record(checkouts, orders)


def _checkout(entry: dict[str, Any]) -> CheckoutAnswer:
    buyer, key = UUID(entry["buyer"]), str(entry["key"])
    checkout = checkout_id(account_id=buyer, key=key)
    return CheckoutAnswer(
        buyer=buyer,
        key=key,
        status=int(entry["status"]),
        checkout=checkout,
        order=part_id(checkout, ORDER),
        answered_checkout=_id(entry.get("checkout")),
        answered_order=_id(entry.get("order")),
        total=_amount(entry.get("total")),
    )


def _order(entry: dict[str, Any]) -> OrderShown:
    return OrderShown(
        buyer=UUID(entry["buyer"]),
        order=UUID(entry["order"]),
        total=_amount(entry.get("total")),
        state=entry.get("state"),
    )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _amount(money: dict[str, Any] | None) -> Amount | None:
    return None if money is None else Amount(int(money["amount"]), str(money["currency"]))
