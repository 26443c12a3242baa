from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.seller_order_state import SellerOrderState

if TYPE_CHECKING:
    from ..models.delivery import Delivery
    from ..models.money import Money
    from ..models.order_address import OrderAddress
    from ..models.order_line import OrderLine


T = TypeVar("T", bound="Sale")


@_attrs_define
class Sale:
    """A seller order as its seller sees it.

    Attributes:
        id (UUID):
        order_reference (str):
        state (SellerOrderState): * `to_prepare` - To Prepare
            * `partly_shipped` - Partly Shipped
            * `shipped` - Shipped
            * `delivered` - Delivered
            * `cancelled` - Cancelled
        lines (list[OrderLine]):
        total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        shipping_address (OrderAddress): Where an order goes: a copy of the address of that moment.
        deliveries (list[Delivery]):
        created_at (datetime.datetime):
    """

    id: UUID
    order_reference: str
    state: SellerOrderState
    lines: list[OrderLine]
    total: Money
    shipping_address: OrderAddress
    deliveries: list[Delivery]
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        order_reference = self.order_reference

        state = self.state.value

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        total = self.total.to_dict()

        shipping_address = self.shipping_address.to_dict()

        deliveries = []
        for deliveries_item_data in self.deliveries:
            deliveries_item = deliveries_item_data.to_dict()
            deliveries.append(deliveries_item)

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "order_reference": order_reference,
                "state": state,
                "lines": lines,
                "total": total,
                "shipping_address": shipping_address,
                "deliveries": deliveries,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415
        from ..models.order_address import OrderAddress  # noqa: PLC0415
        from ..models.order_line import OrderLine  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        order_reference = d.pop("order_reference")

        state = SellerOrderState(d.pop("state"))

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = OrderLine.from_dict(lines_item_data)

            lines.append(lines_item)

        total = Money.from_dict(d.pop("total"))

        shipping_address = OrderAddress.from_dict(d.pop("shipping_address"))

        deliveries = []
        _deliveries = d.pop("deliveries")
        for deliveries_item_data in _deliveries:
            deliveries_item = Delivery.from_dict(deliveries_item_data)

            deliveries.append(deliveries_item)

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        sale = cls(
            id=id,
            order_reference=order_reference,
            state=state,
            lines=lines,
            total=total,
            shipping_address=shipping_address,
            deliveries=deliveries,
            created_at=created_at,
        )

        sale.additional_properties = d
        return sale

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
