from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Moved")


@_attrs_define
class Moved:
    """Sums of a variant's movements by reason, in pieces; negative where they took away.

    Attributes:
        receipts (int):
        returns (int):
        corrections (int):
        losses (int):
        sales (int):
    """

    receipts: int
    returns: int
    corrections: int
    losses: int
    sales: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        receipts = self.receipts

        returns = self.returns

        corrections = self.corrections

        losses = self.losses

        sales = self.sales

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "receipts": receipts,
                "returns": returns,
                "corrections": corrections,
                "losses": losses,
                "sales": sales,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        receipts = d.pop("receipts")

        returns = d.pop("returns")

        corrections = d.pop("corrections")

        losses = d.pop("losses")

        sales = d.pop("sales")

        moved = cls(
            receipts=receipts,
            returns=returns,
            corrections=corrections,
            losses=losses,
            sales=sales,
        )

        moved.additional_properties = d
        return moved

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
