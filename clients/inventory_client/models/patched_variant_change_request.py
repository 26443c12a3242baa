from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.patched_variant_change_request_options import (
        PatchedVariantChangeRequestOptions,
    )


T = TypeVar("T", bound="PatchedVariantChangeRequest")


@_attrs_define
class PatchedVariantChangeRequest:
    """What may change of a variant; its stock changes by movements.

    Attributes:
        sku (str | Unset):
        title (str | Unset):
        options (PatchedVariantChangeRequestOptions | Unset):
        price_amount (int | Unset): Including VAT, in minor units of the marketplace's currency: 1999 is 19.99.
        position (int | Unset):
    """

    sku: str | Unset = UNSET
    title: str | Unset = UNSET
    options: PatchedVariantChangeRequestOptions | Unset = UNSET
    price_amount: int | Unset = UNSET
    position: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        sku = self.sku

        title = self.title

        options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options.to_dict()

        price_amount = self.price_amount

        position = self.position

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if sku is not UNSET:
            field_dict["sku"] = sku
        if title is not UNSET:
            field_dict["title"] = title
        if options is not UNSET:
            field_dict["options"] = options
        if price_amount is not UNSET:
            field_dict["price_amount"] = price_amount
        if position is not UNSET:
            field_dict["position"] = position

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.patched_variant_change_request_options import (
            PatchedVariantChangeRequestOptions,  # noqa: PLC0415
        )

        d = dict(src_dict)
        sku = d.pop("sku", UNSET)

        title = d.pop("title", UNSET)

        _options = d.pop("options", UNSET)
        options: PatchedVariantChangeRequestOptions | Unset
        if isinstance(_options, Unset):
            options = UNSET
        else:
            options = PatchedVariantChangeRequestOptions.from_dict(_options)

        price_amount = d.pop("price_amount", UNSET)

        position = d.pop("position", UNSET)

        patched_variant_change_request = cls(
            sku=sku,
            title=title,
            options=options,
            price_amount=price_amount,
            position=position,
        )

        patched_variant_change_request.additional_properties = d
        return patched_variant_change_request

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
