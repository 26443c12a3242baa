"""What the tests place, sell and ship."""

import uuid
from collections.abc import Sequence
from typing import Any

from addresses.models import Address
from chassis.money import Money
from orders.models import Order, SellerOrder
from orders.services import PlacedLine, Placement, confirm_order, place_order

ADDRESS = {
    "full_name": "Claire Martin",
    "company": "",
    "line1": "12 rue des Lilas",
    "line2": "",
    "postal_code": "69003",
    "city": "Lyon",
    "region": "",
    "country": "FR",
    "phone": "",
}


def address_of(account_id: uuid.UUID, **changes: str) -> Address:
    return Address.objects.create(account_id=account_id, **{**ADDRESS, **changes})


def line(
    *, seller: uuid.UUID | None = None, quantity: int = 1, amount: int = 1999, title: str = "Linen shirt"
) -> dict[str, Any]:
    return {
        "variant": str(uuid.uuid4()),
        "product": str(uuid.uuid4()),
        "seller": str(seller or uuid.uuid4()),
        "title": title,
        "sku": "LIN-WH-M",
        "quantity": quantity,
        "unit_price": {"amount": amount, "currency": "EUR"},
    }


def content(
    buyer: uuid.UUID, *lines: dict[str, Any], address: uuid.UUID | None = None, language: str = "en"
) -> dict[str, Any]:
    """The body of `PUT /orders/{id}`."""
    return {
        "buyer": {"id": str(buyer), "email": "claire@example.com", "language": language},
        "shipping_address": str(address or address_of(buyer).pk),
        "currency": "EUR",
        "lines": list(lines) or [line()],
    }


def placed(
    *,
    buyer: uuid.UUID | None = None,
    sellers: Sequence[uuid.UUID] = (),
    lines_each: int = 1,
    amount: int = 1999,
    language: str = "en",
) -> Order:
    """A pending order with `lines_each` lines of each seller."""
    buyer = buyer or uuid.uuid4()
    lines = tuple(
        PlacedLine(
            variant=uuid.uuid4(),
            product=uuid.uuid4(),
            seller=seller,
            title=f"Linen shirt {number}",
            sku=f"LIN-{number}",
            quantity=2,
            unit_price=Money(amount, "EUR"),
        )
        for seller in sellers or [uuid.uuid4()]
        for number in range(lines_each)
    )
    placement = Placement(
        buyer=buyer,
        buyer_email="claire@example.com",
        buyer_language=language,
        shipping_address=address_of(buyer).pk,
        currency="EUR",
        lines=lines,
    )
    return place_order(order_id=uuid.uuid4(), placement=placement)[0]


def confirmed(**choices: Any) -> Order:
    return confirm_order(order_id=placed(**choices).pk)


def sale_of(seller: uuid.UUID, **choices: Any) -> SellerOrder:
    """A confirmed seller order of `seller`."""
    return confirmed(sellers=[seller], **choices).seller_orders.get()
