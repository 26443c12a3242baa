from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedAddressRequest")


@_attrs_define
class PatchedAddressRequest:
    """An entry of an address book; optional parts are empty strings.

    Attributes:
        full_name (str | Unset):
        company (str | Unset):  Default: ''.
        line1 (str | Unset):
        line2 (str | Unset):  Default: ''.
        postal_code (str | Unset):
        city (str | Unset):
        region (str | Unset):  Default: ''.
        country (str | Unset): ISO 3166-1 alpha-2 code.
        phone (str | Unset):  Default: ''.
    """

    full_name: str | Unset = UNSET
    company: str | Unset = ""
    line1: str | Unset = UNSET
    line2: str | Unset = ""
    postal_code: str | Unset = UNSET
    city: str | Unset = UNSET
    region: str | Unset = ""
    country: str | Unset = UNSET
    phone: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        full_name = self.full_name

        company = self.company

        line1 = self.line1

        line2 = self.line2

        postal_code = self.postal_code

        city = self.city

        region = self.region

        country = self.country

        phone = self.phone

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if full_name is not UNSET:
            field_dict["full_name"] = full_name
        if company is not UNSET:
            field_dict["company"] = company
        if line1 is not UNSET:
            field_dict["line1"] = line1
        if line2 is not UNSET:
            field_dict["line2"] = line2
        if postal_code is not UNSET:
            field_dict["postal_code"] = postal_code
        if city is not UNSET:
            field_dict["city"] = city
        if region is not UNSET:
            field_dict["region"] = region
        if country is not UNSET:
            field_dict["country"] = country
        if phone is not UNSET:
            field_dict["phone"] = phone

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        full_name = d.pop("full_name", UNSET)

        company = d.pop("company", UNSET)

        line1 = d.pop("line1", UNSET)

        line2 = d.pop("line2", UNSET)

        postal_code = d.pop("postal_code", UNSET)

        city = d.pop("city", UNSET)

        region = d.pop("region", UNSET)

        country = d.pop("country", UNSET)

        phone = d.pop("phone", UNSET)

        patched_address_request = cls(
            full_name=full_name,
            company=company,
            line1=line1,
            line2=line2,
            postal_code=postal_code,
            city=city,
            region=region,
            country=country,
            phone=phone,
        )

        patched_address_request.additional_properties = d
        return patched_address_request

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
