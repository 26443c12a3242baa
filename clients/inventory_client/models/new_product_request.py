from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.draft_or_published import DraftOrPublished
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewProductRequest")


@_attrs_define
class NewProductRequest:
    """A product to be added.

    Attributes:
        category (str):
        title (str):
        description (str | Unset):
        state (DraftOrPublished | Unset): * `draft` - Draft
            * `published` - Published Default: DraftOrPublished.DRAFT.
        seller (UUID | Unset): Whose product it is; an admin must say, a seller's products are their own.
    """

    category: str
    title: str
    description: str | Unset = UNSET
    state: DraftOrPublished | Unset = DraftOrPublished.DRAFT
    seller: UUID | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        category = self.category

        title = self.title

        description = self.description

        state: str | Unset = UNSET
        if not isinstance(self.state, Unset):
            state = self.state.value

        seller: str | Unset = UNSET
        if not isinstance(self.seller, Unset):
            seller = str(self.seller)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "category": category,
                "title": title,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if state is not UNSET:
            field_dict["state"] = state
        if seller is not UNSET:
            field_dict["seller"] = seller

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        category = d.pop("category")

        title = d.pop("title")

        description = d.pop("description", UNSET)

        _state = d.pop("state", UNSET)
        state: DraftOrPublished | Unset
        if isinstance(_state, Unset):
            state = UNSET
        else:
            state = DraftOrPublished(_state)

        _seller = d.pop("seller", UNSET)
        seller: UUID | Unset
        if isinstance(_seller, Unset):
            seller = UNSET
        else:
            seller = UUID(_seller)

        new_product_request = cls(
            category=category,
            title=title,
            description=description,
            state=state,
            seller=seller,
        )

        new_product_request.additional_properties = d
        return new_product_request

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
