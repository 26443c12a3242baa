from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="ProductSummary")


@_attrs_define
class ProductSummary:
    """A product in a list.

    Attributes:
        id (UUID):
        slug (str):
        title (str):
        seller (UUID):
        category (str):
        price (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        in_stock (bool):
        image (None | str):
    """

    id: UUID
    slug: str
    title: str
    seller: UUID
    category: str
    price: Money
    in_stock: bool
    image: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        slug = self.slug

        title = self.title

        seller = str(self.seller)

        category = self.category

        price = self.price.to_dict()

        in_stock = self.in_stock

        image: None | str
        image = self.image

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "slug": slug,
                "title": title,
                "seller": seller,
                "category": category,
                "price": price,
                "in_stock": in_stock,
                "image": image,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        slug = d.pop("slug")

        title = d.pop("title")

        seller = UUID(d.pop("seller"))

        category = d.pop("category")

        price = Money.from_dict(d.pop("price"))

        in_stock = d.pop("in_stock")

        def _parse_image(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        image = _parse_image(d.pop("image"))

        product_summary = cls(
            id=id,
            slug=slug,
            title=title,
            seller=seller,
            category=category,
            price=price,
            in_stock=in_stock,
            image=image,
        )

        product_summary.additional_properties = d
        return product_summary

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
