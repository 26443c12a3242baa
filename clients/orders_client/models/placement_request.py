from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.placed_buyer_request import PlacedBuyerRequest
    from ..models.placed_line_request import PlacedLineRequest


T = TypeVar("T", bound="PlacementRequest")


@_attrs_define
class PlacementRequest:
    """An order as the checkout sends it: the reserved lines, with their authoritative prices and titles.

    Attributes:
        buyer (PlacedBuyerRequest): Who buys, and where and in which language the order's mails go.
        shipping_address (UUID): One of the buyer's addresses.
        currency (str): ISO 4217 code.
        lines (list[PlacedLineRequest]):
    """

    buyer: PlacedBuyerRequest
    shipping_address: UUID
    currency: str
    lines: list[PlacedLineRequest]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        buyer = self.buyer.to_dict()

        shipping_address = str(self.shipping_address)

        currency = self.currency

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "buyer": buyer,
                "shipping_address": shipping_address,
                "currency": currency,
                "lines": lines,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.placed_buyer_request import PlacedBuyerRequest  # noqa: PLC0415
        from ..models.placed_line_request import PlacedLineRequest  # noqa: PLC0415

        d = dict(src_dict)
        buyer = PlacedBuyerRequest.from_dict(d.pop("buyer"))

        shipping_address = UUID(d.pop("shipping_address"))

        currency = d.pop("currency")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = PlacedLineRequest.from_dict(lines_item_data)

            lines.append(lines_item)

        placement_request = cls(
            buyer=buyer,
            shipping_address=shipping_address,
            currency=currency,
            lines=lines,
        )

        placement_request.additional_properties = d
        return placement_request

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
