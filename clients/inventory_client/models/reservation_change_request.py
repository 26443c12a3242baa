from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.reservation_change_request_metadata import (
        ReservationChangeRequestMetadata,
    )


T = TypeVar("T", bound="ReservationChangeRequest")


@_attrs_define
class ReservationChangeRequest:
    """
    Attributes:
        cart (UUID):
        cart_version (int): The version the buyer saw.
        buyer (UUID): Account id; an anonymous cart becomes theirs.
        metadata (ReservationChangeRequestMetadata | Unset): The caller's own; kept as it comes, and shown to the
            auditor.
    """

    cart: UUID
    cart_version: int
    buyer: UUID
    metadata: ReservationChangeRequestMetadata | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cart = str(self.cart)

        cart_version = self.cart_version

        buyer = str(self.buyer)

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cart": cart,
                "cart_version": cart_version,
                "buyer": buyer,
            }
        )
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.reservation_change_request_metadata import (
            ReservationChangeRequestMetadata,  # noqa: PLC0415
        )

        d = dict(src_dict)
        cart = UUID(d.pop("cart"))

        cart_version = d.pop("cart_version")

        buyer = UUID(d.pop("buyer"))

        _metadata = d.pop("metadata", UNSET)
        metadata: ReservationChangeRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = ReservationChangeRequestMetadata.from_dict(_metadata)

        reservation_change_request = cls(
            cart=cart,
            cart_version=cart_version,
            buyer=buyer,
            metadata=metadata,
        )

        reservation_change_request.additional_properties = d
        return reservation_change_request

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
