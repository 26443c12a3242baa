from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.seller_order_state import SellerOrderState

if TYPE_CHECKING:
    from ..models.delivery import Delivery
    from ..models.money import Money
    from ..models.order_line import OrderLine


T = TypeVar("T", bound="SellerOrder")


@_attrs_define
class SellerOrder:
    """One seller's part of an order.

    Attributes:
        id (UUID):
        seller (UUID):
        state (SellerOrderState): * `to_prepare` - To Prepare
            * `partly_shipped` - Partly Shipped
            * `shipped` - Shipped
            * `delivered` - Delivered
            * `cancelled` - Cancelled
        total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        lines (list[OrderLine]):
        deliveries (list[Delivery]):
    """

    id: UUID
    seller: UUID
    state: SellerOrderState
    total: Money
    lines: list[OrderLine]
    deliveries: list[Delivery]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        seller = str(self.seller)

        state = self.state.value

        total = self.total.to_dict()

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        deliveries = []
        for deliveries_item_data in self.deliveries:
            deliveries_item = deliveries_item_data.to_dict()
            deliveries.append(deliveries_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "seller": seller,
                "state": state,
                "total": total,
                "lines": lines,
                "deliveries": deliveries,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415
        from ..models.order_line import OrderLine  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        seller = UUID(d.pop("seller"))

        state = SellerOrderState(d.pop("state"))

        total = Money.from_dict(d.pop("total"))

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = OrderLine.from_dict(lines_item_data)

            lines.append(lines_item)

        deliveries = []
        _deliveries = d.pop("deliveries")
        for deliveries_item_data in _deliveries:
            deliveries_item = Delivery.from_dict(deliveries_item_data)

            deliveries.append(deliveries_item)

        seller_order = cls(
            id=id,
            seller=seller,
            state=state,
            total=total,
            lines=lines,
            deliveries=deliveries,
        )

        seller_order.additional_properties = d
        return seller_order

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
