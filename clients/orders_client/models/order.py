from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.order_state import OrderState

if TYPE_CHECKING:
    from ..models.money import Money
    from ..models.order_address import OrderAddress
    from ..models.seller_order import SellerOrder


T = TypeVar("T", bound="Order")


@_attrs_define
class Order:
    """An order with all its parts.

    Attributes:
        id (UUID):
        reference (str): What people call the order by.
        state (OrderState): * `pending` - Pending
            * `confirmed` - Confirmed
            * `rejected` - Rejected
            * `cancelled` - Cancelled
        buyer (UUID):
        shipping_address (OrderAddress): Where an order goes: a copy of the address of that moment.
        items_total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        shipping_total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        seller_orders (list[SellerOrder]):
        created_at (datetime.datetime):
        confirmed_at (datetime.datetime | None):
    """

    id: UUID
    reference: str
    state: OrderState
    buyer: UUID
    shipping_address: OrderAddress
    items_total: Money
    shipping_total: Money
    total: Money
    seller_orders: list[SellerOrder]
    created_at: datetime.datetime
    confirmed_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        reference = self.reference

        state = self.state.value

        buyer = str(self.buyer)

        shipping_address = self.shipping_address.to_dict()

        items_total = self.items_total.to_dict()

        shipping_total = self.shipping_total.to_dict()

        total = self.total.to_dict()

        seller_orders = []
        for seller_orders_item_data in self.seller_orders:
            seller_orders_item = seller_orders_item_data.to_dict()
            seller_orders.append(seller_orders_item)

        created_at = self.created_at.isoformat()

        confirmed_at: None | str
        if isinstance(self.confirmed_at, datetime.datetime):
            confirmed_at = self.confirmed_at.isoformat()
        else:
            confirmed_at = self.confirmed_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "reference": reference,
                "state": state,
                "buyer": buyer,
                "shipping_address": shipping_address,
                "items_total": items_total,
                "shipping_total": shipping_total,
                "total": total,
                "seller_orders": seller_orders,
                "created_at": created_at,
                "confirmed_at": confirmed_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415
        from ..models.order_address import OrderAddress  # noqa: PLC0415
        from ..models.seller_order import SellerOrder  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        reference = d.pop("reference")

        state = OrderState(d.pop("state"))

        buyer = UUID(d.pop("buyer"))

        shipping_address = OrderAddress.from_dict(d.pop("shipping_address"))

        items_total = Money.from_dict(d.pop("items_total"))

        shipping_total = Money.from_dict(d.pop("shipping_total"))

        total = Money.from_dict(d.pop("total"))

        seller_orders = []
        _seller_orders = d.pop("seller_orders")
        for seller_orders_item_data in _seller_orders:
            seller_orders_item = SellerOrder.from_dict(seller_orders_item_data)

            seller_orders.append(seller_orders_item)

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_confirmed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            confirmed_at_type_0 = datetime.datetime.fromisoformat(data)

            return confirmed_at_type_0

        confirmed_at = _parse_confirmed_at(d.pop("confirmed_at"))

        order = cls(
            id=id,
            reference=reference,
            state=state,
            buyer=buyer,
            shipping_address=shipping_address,
            items_total=items_total,
            shipping_total=shipping_total,
            total=total,
            seller_orders=seller_orders,
            created_at=created_at,
            confirmed_at=confirmed_at,
        )

        order.additional_properties = d
        return order

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
