from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.remembered_order_state_enum import RememberedOrderStateEnum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.placed_buyer_request import PlacedBuyerRequest
    from ..models.placed_line_request import PlacedLineRequest
    from ..models.remembered_address_request import RememberedAddressRequest
    from ..models.remembered_part_request import RememberedPartRequest


T = TypeVar("T", bound="RememberedOrderRequest")


@_attrs_define
class RememberedOrderRequest:
    """An order as its checkout remembers it.

    Attributes:
        buyer (PlacedBuyerRequest): Who buys, and where and in which language the order's mails go.
        shipping_address (UUID): One of the buyer's addresses.
        currency (str): ISO 4217 code.
        lines (list[PlacedLineRequest]):
        state (RememberedOrderStateEnum): * `pending` - Pending
            * `confirmed` - Confirmed
            * `rejected` - Rejected
        address (RememberedAddressRequest): Where an order goes: the address of that moment.
        created_at (datetime.datetime):
        seller_orders (list[RememberedPartRequest] | Unset): The ids that its parts had.
        confirmed_at (datetime.datetime | None | Unset):
    """

    buyer: PlacedBuyerRequest
    shipping_address: UUID
    currency: str
    lines: list[PlacedLineRequest]
    state: RememberedOrderStateEnum
    address: RememberedAddressRequest
    created_at: datetime.datetime
    seller_orders: list[RememberedPartRequest] | Unset = UNSET
    confirmed_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        buyer = self.buyer.to_dict()

        shipping_address = str(self.shipping_address)

        currency = self.currency

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        state = self.state.value

        address = self.address.to_dict()

        created_at = self.created_at.isoformat()

        seller_orders: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.seller_orders, Unset):
            seller_orders = []
            for seller_orders_item_data in self.seller_orders:
                seller_orders_item = seller_orders_item_data.to_dict()
                seller_orders.append(seller_orders_item)

        confirmed_at: None | str | Unset
        if isinstance(self.confirmed_at, Unset):
            confirmed_at = UNSET
        elif isinstance(self.confirmed_at, datetime.datetime):
            confirmed_at = self.confirmed_at.isoformat()
        else:
            confirmed_at = self.confirmed_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "buyer": buyer,
                "shipping_address": shipping_address,
                "currency": currency,
                "lines": lines,
                "state": state,
                "address": address,
                "created_at": created_at,
            }
        )
        if seller_orders is not UNSET:
            field_dict["seller_orders"] = seller_orders
        if confirmed_at is not UNSET:
            field_dict["confirmed_at"] = confirmed_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.placed_buyer_request import PlacedBuyerRequest  # noqa: PLC0415
        from ..models.placed_line_request import PlacedLineRequest  # noqa: PLC0415
        from ..models.remembered_address_request import RememberedAddressRequest  # noqa: PLC0415
        from ..models.remembered_part_request import RememberedPartRequest  # noqa: PLC0415

        d = dict(src_dict)
        buyer = PlacedBuyerRequest.from_dict(d.pop("buyer"))

        shipping_address = UUID(d.pop("shipping_address"))

        currency = d.pop("currency")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = PlacedLineRequest.from_dict(lines_item_data)

            lines.append(lines_item)

        state = RememberedOrderStateEnum(d.pop("state"))

        address = RememberedAddressRequest.from_dict(d.pop("address"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        _seller_orders = d.pop("seller_orders", UNSET)
        seller_orders: list[RememberedPartRequest] | Unset = UNSET
        if _seller_orders is not UNSET:
            seller_orders = []
            for seller_orders_item_data in _seller_orders:
                seller_orders_item = RememberedPartRequest.from_dict(seller_orders_item_data)

                seller_orders.append(seller_orders_item)

        def _parse_confirmed_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            confirmed_at_type_0 = datetime.datetime.fromisoformat(data)

            return confirmed_at_type_0

        confirmed_at = _parse_confirmed_at(d.pop("confirmed_at", UNSET))

        remembered_order_request = cls(
            buyer=buyer,
            shipping_address=shipping_address,
            currency=currency,
            lines=lines,
            state=state,
            address=address,
            created_at=created_at,
            seller_orders=seller_orders,
            confirmed_at=confirmed_at,
        )

        remembered_order_request.additional_properties = d
        return remembered_order_request

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
