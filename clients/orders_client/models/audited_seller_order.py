from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.seller_order_state import SellerOrderState

if TYPE_CHECKING:
    from ..models.audited_line import AuditedLine


T = TypeVar("T", bound="AuditedSellerOrder")


@_attrs_define
class AuditedSellerOrder:
    """
    Attributes:
        id (UUID):
        seller (UUID):
        state (SellerOrderState): * `to_prepare` - To Prepare
            * `partly_shipped` - Partly Shipped
            * `shipped` - Shipped
            * `delivered` - Delivered
            * `cancelled` - Cancelled
        lines (list[AuditedLine]):
    """

    id: UUID
    seller: UUID
    state: SellerOrderState
    lines: list[AuditedLine]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        seller = str(self.seller)

        state = self.state.value

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "seller": seller,
                "state": state,
                "lines": lines,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audited_line import AuditedLine  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        seller = UUID(d.pop("seller"))

        state = SellerOrderState(d.pop("state"))

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = AuditedLine.from_dict(lines_item_data)

            lines.append(lines_item)

        audited_seller_order = cls(
            id=id,
            seller=seller,
            state=state,
            lines=lines,
        )

        audited_seller_order.additional_properties = d
        return audited_seller_order

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
