from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.remembered_line_request import RememberedLineRequest
    from ..models.remembered_reservation_request_metadata import (
        RememberedReservationRequestMetadata,
    )


T = TypeVar("T", bound="RememberedReservationRequest")


@_attrs_define
class RememberedReservationRequest:
    """A reservation as its checkout remembers it.

    Attributes:
        committed (bool): Whether it was bought; else it is held.
        cart (UUID):
        cart_version (int):
        buyer (UUID): Account id.
        currency (str): ISO 4217 code.
        created_at (datetime.datetime):
        lines (list[RememberedLineRequest]):
        metadata (RememberedReservationRequestMetadata | Unset):
    """

    committed: bool
    cart: UUID
    cart_version: int
    buyer: UUID
    currency: str
    created_at: datetime.datetime
    lines: list[RememberedLineRequest]
    metadata: RememberedReservationRequestMetadata | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        committed = self.committed

        cart = str(self.cart)

        cart_version = self.cart_version

        buyer = str(self.buyer)

        currency = self.currency

        created_at = self.created_at.isoformat()

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "committed": committed,
                "cart": cart,
                "cart_version": cart_version,
                "buyer": buyer,
                "currency": currency,
                "created_at": created_at,
                "lines": lines,
            }
        )
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.remembered_line_request import RememberedLineRequest  # noqa: PLC0415
        from ..models.remembered_reservation_request_metadata import (
            RememberedReservationRequestMetadata,  # noqa: PLC0415
        )

        d = dict(src_dict)
        committed = d.pop("committed")

        cart = UUID(d.pop("cart"))

        cart_version = d.pop("cart_version")

        buyer = UUID(d.pop("buyer"))

        currency = d.pop("currency")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = RememberedLineRequest.from_dict(lines_item_data)

            lines.append(lines_item)

        _metadata = d.pop("metadata", UNSET)
        metadata: RememberedReservationRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = RememberedReservationRequestMetadata.from_dict(_metadata)

        remembered_reservation_request = cls(
            committed=committed,
            cart=cart,
            cart_version=cart_version,
            buyer=buyer,
            currency=currency,
            created_at=created_at,
            lines=lines,
            metadata=metadata,
        )

        remembered_reservation_request.additional_properties = d
        return remembered_reservation_request

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
