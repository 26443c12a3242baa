from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.product_state import ProductState

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="ManagedProduct")


@_attrs_define
class ManagedProduct:
    """A product as its seller manages it.

    Attributes:
        id (UUID):
        slug (str):
        seller (UUID): The seller's account id.
        category (str):
        title (str):
        description (str):
        state (ProductState): * `draft` - Draft
            * `published` - Published
            * `archived` - Archived
        price_from (Money | None): Of the cheapest live variant; null without one.
        created_at (datetime.datetime):
    """

    id: UUID
    slug: str
    seller: UUID
    category: str
    title: str
    description: str
    state: ProductState
    price_from: Money | None
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        id = str(self.id)

        slug = self.slug

        seller = str(self.seller)

        category = self.category

        title = self.title

        description = self.description

        state = self.state.value

        price_from: dict[str, Any] | None
        if isinstance(self.price_from, Money):
            price_from = self.price_from.to_dict()
        else:
            price_from = self.price_from

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "slug": slug,
                "seller": seller,
                "category": category,
                "title": title,
                "description": description,
                "state": state,
                "price_from": price_from,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        slug = d.pop("slug")

        seller = UUID(d.pop("seller"))

        category = d.pop("category")

        title = d.pop("title")

        description = d.pop("description")

        state = ProductState(d.pop("state"))

        def _parse_price_from(data: object) -> Money | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"unexpected {type(data).__name__}")
            price_from_type_0 = Money.from_dict(data)

            return price_from_type_0

        price_from = _parse_price_from(d.pop("price_from"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        managed_product = cls(
            id=id,
            slug=slug,
            seller=seller,
            category=category,
            title=title,
            description=description,
            state=state,
            price_from=price_from,
            created_at=created_at,
        )

        managed_product.additional_properties = d
        return managed_product

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
