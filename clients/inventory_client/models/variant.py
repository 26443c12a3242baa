from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money import Money
    from ..models.variant_options import VariantOptions


T = TypeVar("T", bound="Variant")


@_attrs_define
class Variant:
    """
    Attributes:
        id (UUID):
        sku (str):
        title (str):
        options (VariantOptions):
        price (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        available (int): Pieces that can be bought now.
    """

    id: UUID
    sku: str
    title: str
    options: VariantOptions
    price: Money
    available: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        sku = self.sku

        title = self.title

        options = self.options.to_dict()

        price = self.price.to_dict()

        available = self.available

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "sku": sku,
                "title": title,
                "options": options,
                "price": price,
                "available": available,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415
        from ..models.variant_options import VariantOptions  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        sku = d.pop("sku")

        title = d.pop("title")

        options = VariantOptions.from_dict(d.pop("options"))

        price = Money.from_dict(d.pop("price"))

        available = d.pop("available")

        variant = cls(
            id=id,
            sku=sku,
            title=title,
            options=options,
            price=price,
            available=available,
        )

        variant.additional_properties = d
        return variant

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
