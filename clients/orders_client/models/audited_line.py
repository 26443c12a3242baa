from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="AuditedLine")


@_attrs_define
class AuditedLine:
    """
    Attributes:
        variant (UUID):
        quantity (int):
        unit_price (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
    """

    variant: UUID
    quantity: int
    unit_price: Money
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        variant = str(self.variant)

        quantity = self.quantity

        unit_price = self.unit_price.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "variant": variant,
                "quantity": quantity,
                "unit_price": unit_price,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        variant = UUID(d.pop("variant"))

        quantity = d.pop("quantity")

        unit_price = Money.from_dict(d.pop("unit_price"))

        audited_line = cls(
            variant=variant,
            quantity=quantity,
            unit_price=unit_price,
        )

        audited_line.additional_properties = d
        return audited_line

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
