from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.order_state import OrderState

if TYPE_CHECKING:
    from ..models.audited_seller_order import AuditedSellerOrder
    from ..models.money import Money


T = TypeVar("T", bound="AuditedOrder")


@_attrs_define
class AuditedOrder:
    """What was bought, by whom, of whom. An order called off before it arrived has no buyer and no parts.

    Attributes:
        id (UUID):
        state (OrderState): * `pending` - Pending
            * `confirmed` - Confirmed
            * `rejected` - Rejected
            * `cancelled` - Cancelled
        buyer (None | UUID):
        items_total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        shipping_total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        seller_orders (list[AuditedSellerOrder]):
        created_at (datetime.datetime):
        confirmed_at (datetime.datetime | None):
    """

    id: UUID
    state: OrderState
    buyer: None | UUID
    items_total: Money
    shipping_total: Money
    total: Money
    seller_orders: list[AuditedSellerOrder]
    created_at: datetime.datetime
    confirmed_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        state = self.state.value

        buyer: None | str
        if isinstance(self.buyer, UUID):
            buyer = str(self.buyer)
        else:
            buyer = self.buyer

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
                "state": state,
                "buyer": buyer,
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
        from ..models.audited_seller_order import AuditedSellerOrder  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        state = OrderState(d.pop("state"))

        def _parse_buyer(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            buyer_type_0 = UUID(data)

            return buyer_type_0

        buyer = _parse_buyer(d.pop("buyer"))

        items_total = Money.from_dict(d.pop("items_total"))

        shipping_total = Money.from_dict(d.pop("shipping_total"))

        total = Money.from_dict(d.pop("total"))

        seller_orders = []
        _seller_orders = d.pop("seller_orders")
        for seller_orders_item_data in _seller_orders:
            seller_orders_item = AuditedSellerOrder.from_dict(seller_orders_item_data)

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

        audited_order = cls(
            id=id,
            state=state,
            buyer=buyer,
            items_total=items_total,
            shipping_total=shipping_total,
            total=total,
            seller_orders=seller_orders,
            created_at=created_at,
            confirmed_at=confirmed_at,
        )

        audited_order.additional_properties = d
        return audited_order

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
