from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.seller_movement_reason import SellerMovementReason

T = TypeVar("T", bound="NewMovementRequest")


@_attrs_define
class NewMovementRequest:
    """
    Attributes:
        delta (int): Pieces: positive adds, negative takes away.
        reason (SellerMovementReason): * `receipt` - Receipt
            * `correction` - Correction
            * `loss` - Loss
            * `return` - Return
    """

    delta: int
    reason: SellerMovementReason
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        delta = self.delta

        reason = self.reason.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "delta": delta,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        delta = d.pop("delta")

        reason = SellerMovementReason(d.pop("reason"))

        new_movement_request = cls(
            delta=delta,
            reason=reason,
        )

        new_movement_request.additional_properties = d
        return new_movement_request

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
