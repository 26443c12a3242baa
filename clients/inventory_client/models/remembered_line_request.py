from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money_request import MoneyRequest


T = TypeVar("T", bound="RememberedLineRequest")


@_attrs_define
class RememberedLineRequest:
    """
    Attributes:
        variant (UUID):
        product (UUID):
        seller (UUID):
        title (str):
        sku (str):
        quantity (int):
        unit_price (MoneyRequest): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
    """

    variant: UUID
    product: UUID
    seller: UUID
    title: str
    sku: str
    quantity: int
    unit_price: MoneyRequest
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        variant = str(self.variant)

        product = str(self.product)

        seller = str(self.seller)

        title = self.title

        sku = self.sku

        quantity = self.quantity

        unit_price = self.unit_price.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "variant": variant,
                "product": product,
                "seller": seller,
                "title": title,
                "sku": sku,
                "quantity": quantity,
                "unit_price": unit_price,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money_request import MoneyRequest  # noqa: PLC0415

        d = dict(src_dict)
        variant = UUID(d.pop("variant"))

        product = UUID(d.pop("product"))

        seller = UUID(d.pop("seller"))

        title = d.pop("title")

        sku = d.pop("sku")

        quantity = d.pop("quantity")

        unit_price = MoneyRequest.from_dict(d.pop("unit_price"))

        remembered_line_request = cls(
            variant=variant,
            product=product,
            seller=seller,
            title=title,
            sku=sku,
            quantity=quantity,
            unit_price=unit_price,
        )

        remembered_line_request.additional_properties = d
        return remembered_line_request

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
