from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.product_image import ProductImage
    from ..models.variant import Variant


T = TypeVar("T", bound="ProductDetail")


@_attrs_define
class ProductDetail:
    """
    Attributes:
        id (UUID):
        slug (str):
        title (str):
        description (str):
        seller (UUID): The seller's account id.
        category (str):
        images (list[ProductImage]):
        variants (list[Variant]):
        created_at (datetime.datetime):
    """

    id: UUID
    slug: str
    title: str
    description: str
    seller: UUID
    category: str
    images: list[ProductImage]
    variants: list[Variant]
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        slug = self.slug

        title = self.title

        description = self.description

        seller = str(self.seller)

        category = self.category

        images = []
        for images_item_data in self.images:
            images_item = images_item_data.to_dict()
            images.append(images_item)

        variants = []
        for variants_item_data in self.variants:
            variants_item = variants_item_data.to_dict()
            variants.append(variants_item)

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "slug": slug,
                "title": title,
                "description": description,
                "seller": seller,
                "category": category,
                "images": images,
                "variants": variants,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.product_image import ProductImage  # noqa: PLC0415
        from ..models.variant import Variant  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        slug = d.pop("slug")

        title = d.pop("title")

        description = d.pop("description")

        seller = UUID(d.pop("seller"))

        category = d.pop("category")

        images = []
        _images = d.pop("images")
        for images_item_data in _images:
            images_item = ProductImage.from_dict(images_item_data)

            images.append(images_item)

        variants = []
        _variants = d.pop("variants")
        for variants_item_data in _variants:
            variants_item = Variant.from_dict(variants_item_data)

            variants.append(variants_item)

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        product_detail = cls(
            id=id,
            slug=slug,
            title=title,
            description=description,
            seller=seller,
            category=category,
            images=images,
            variants=variants,
            created_at=created_at,
        )

        product_detail.additional_properties = d
        return product_detail

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
