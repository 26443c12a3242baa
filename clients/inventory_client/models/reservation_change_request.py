from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ReservationChangeRequest")


@_attrs_define
class ReservationChangeRequest:
    """
    Attributes:
        cart (UUID):
        cart_version (int): The version the buyer saw.
        buyer (UUID): Account id; an anonymous cart becomes theirs.
    """

    cart: UUID
    cart_version: int
    buyer: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cart = str(self.cart)

        cart_version = self.cart_version

        buyer = str(self.buyer)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cart": cart,
                "cart_version": cart_version,
                "buyer": buyer,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cart = UUID(d.pop("cart"))

        cart_version = d.pop("cart_version")

        buyer = UUID(d.pop("buyer"))

        reservation_change_request = cls(
            cart=cart,
            cart_version=cart_version,
            buyer=buyer,
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
